"""Data: functions that several dialects share, by the parser's class or by name."""

from app.connectors.sql_gate.words import words

SHARED_CLASSES = words("""
Abs Acos Acosh AddMonths And AnyValue ApproxDistinct ApproxQuantile ApproxQuantiles ApproxTopK ApproxTopSum ArgMax
ArgMin Array ArrayAgg ArrayAll ArrayAny ArrayAppend ArrayCompact ArrayConcat ArrayConcatAgg ArrayConstructCompact
ArrayContainedBy ArrayContains ArrayContainsAll ArrayDistinct ArrayExcept ArrayFilter ArrayFirst ArrayInsert
ArrayIntersect ArrayLast ArrayMax ArrayMin ArrayOverlaps ArrayPosition ArrayPrepend ArrayRemove ArrayRemoveAt
ArrayReverse ArraySize ArraySlice ArraySort ArraySum ArrayToString ArrayUnionAgg ArrayUniqueAgg ArraysZip Ascii Asin
Asinh Atan Atan2 Atanh Avg Base64DecodeBinary Base64DecodeString Base64Encode BitLength BitmapBitPosition
BitmapBucketNumber BitmapConstructAgg BitmapCount BitmapOrAgg BitwiseAndAgg BitwiseCount BitwiseOrAgg BitwiseXorAgg
Booland Boolnot Boolor BoolxorAgg ByteLength Case Cast CastToStrType Cbrt Ceil CheckJson Chr CityHash64 Coalesce
CodePointsToBytes CodePointsToString Collate Collation Columns CombinedAggFunc CombinedParameterizedAgg Compress
Concat ConcatWs Contains Convert ConvertTimezone ConvertToCharset Corr Cos Cosh CosineDistance Cot Coth Count
CountIf CovarPop CovarSamp Csc Csch CumeDist CurrentDate CurrentDatetime CurrentTime CurrentTimestamp
CurrentTimestampLTZ CurrentTimezone Date DateAdd DateBin DateDiff DateFromParts DateFromUnixDate DateStrToDate
DateSub DateToDateStr DateToDi DateToUnix DateTrunc Datetime DatetimeAdd DatetimeDiff DatetimeSub DatetimeTrunc Day
DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Dayname Decode DecodeCase Degrees DenseRank DiToDate DotProduct Elt
EmptyArray Encode EndsWith EqualNull EuclideanDistance Exists Exp Explode ExplodingGenerateSeries Extract Factorial
FarmFingerprint First FirstValue Flatten Float64 Floor Format FromBase FromBase32 FromBase64 FromISO8601Date
FromISO8601Timestamp FromISO8601TimestampNanos GenerateDateArray GenerateSeries GenerateTimestampArray GetExtract
GetIgnoreCase Getbit Greatest GroupConcat Grouping GroupingId HashAgg Hex HexDecodeString Hll Host Hour If Initcap
Inline Int64 IsArray IsAscii IsInf IsNan IsNullValue JSONArray JSONArrayAgg JSONArrayAppend JSONArrayConcat
JSONArrayContains JSONArrayInsert JSONBContains JSONBContainsAllTopKeys JSONBContainsAnyTopKeys JSONBContainsTopKey
JSONBDeleteAtPath JSONBExists JSONBExtract JSONBExtractScalar JSONBObjectAgg JSONBPathExists JSONBool JSONCast
JSONExists JSONExtract JSONExtractArray JSONExtractScalar JSONFormat JSONKeys JSONKeysAtDepth JSONObject
JSONObjectAgg JSONRemove JSONSet JSONStripNulls JSONTable JSONType JSONValueArray JarowinklerSimilarity JustifyDays
JustifyHours JustifyInterval Kurtosis Lag Last LastDay LastValue LaxBool LaxFloat64 LaxInt64 LaxString Lead Least
Left Length Levenshtein List Ln Localtime Localtimestamp Log LogicalAnd LogicalOr Lower LowerHex MD5 MD5Digest
MD5NumberLower64 MD5NumberUpper64 MakeInterval ManhattanDistance Map MapCat MapContainsKey MapDelete MapFromEntries
MapInsert MapKeys MapPick MapSize MatchAgainst Max Median Min Minute Mode Month Monthname MonthsBetween Nanvl
NextDay Normal Normalize NthValue Ntile Nullif NumberToStr Nvl2 ObjectAgg ObjectInsert ObjectTransform OpenJSON Or
Overlay Pad ParameterizedAgg ParseBignumeric ParseDatetime ParseIp ParseJSON ParseNumeric ParseTime ParseUrl
PercentRank PercentileCont PercentileDisc Pi Posexplode PosexplodeOuter Pow PreviousDay Quantile Quarter Radians
Rand Randn Randstr RangeBucket RangeN Rank Reduce RegexpCount RegexpExtract RegexpExtractAll RegexpFullMatch
RegexpILike RegexpInstr RegexpLike RegexpReplace RegexpSplit RegexpSplitToTable RegexpSubstr RegrAvgx RegrAvgy
RegrCount RegrIntercept RegrR2 RegrSlope RegrSxx RegrSxy RegrSyy RegrValx RegrValy Repeat Replace Reverse Right Rint
Round RowNumber RtrimmedLength SHA SHA1Digest SHA2 SHA2Digest SafeAdd SafeConvertBytesToString SafeDivide
SafeMultiply SafeNegate SafeSubtract Sec Sech Second Sign Sin Sinh Skewness Soundex SoundexP123 Space Split
SplitPart SplitToTable Sqrt StDistance StPoint Stack StandardHash StartsWith Stddev StddevPop StddevSamp StrPosition
StrToDate StrToMap StrToTime StrToUnix String StringToArray StripNullValue Strtok StrtokToArray Struct StructExtract
Stuff Substring SubstringIndex Sum Systimestamp Tan Tanh Time TimeAdd TimeDiff TimeFromParts TimeSlice TimeStrToDate
TimeStrToTime TimeStrToUnix TimeSub TimeToStr TimeToTimeStr TimeToUnix TimeTrunc Timestamp TimestampAdd
TimestampDiff TimestampFromParts TimestampLtzFromParts TimestampSub TimestampTrunc TimestampTzFromParts ToArray
ToBase32 ToBase64 ToBinary ToBoolean ToChar ToCodePoints ToDays ToDecfloat ToDouble ToMap ToNumber ToVariant
Transform Translate Trim Trunc Try TryBase64DecodeBinary TryBase64DecodeString TryCast TryHexDecodeBinary
TryHexDecodeString TryToDecfloat TsOrDiToDi TsOrDsAdd TsOrDsDiff TsOrDsToDate TsOrDsToDateStr TsOrDsToDatetime
TsOrDsToTime TsOrDsToTimestamp Typeof Unhex Unicode Uniform UnixDate UnixMicros UnixMillis UnixSeconds UnixToStr
UnixToTime UnixToTimeStr Unnest Upper UtcDate UtcTime UtcTimestamp Uuid VarMap Variance VariancePop Week WeekOfYear
WeekStart WeightString WidthBucket Xor Year YearOfWeek YearOfWeekIso Zipf
""")
"""sqlglot's classes of functions that are harmless in every dialect that has them."""

SESSION_CLASSES = words("""
CurrentCatalog CurrentDatabase CurrentRole CurrentSchema CurrentSchemas CurrentUser SessionUser
""")
"""Classes that read the session; harmless only where no engine has them."""

PORTABLE = words("""
age any_value array_agg ascii bool_and bool_or char_length character_length chr concat concat_ws corr covar_pop
covar_samp curdate curtime date_add date_format date_part date_sub date_trunc dateadd datediff datename datepart day
dayname dayofweek dayofyear every extract factorial first from_unixtime generate_series getdate greatest hour
initcap isnull last last_day least left listagg lpad make_date md5 minute mode month monthname now nvl position
quarter regexp_like regexp_matches regexp_replace regexp_substr repeat reverse right rpad second sha1 sha256 space
split_part stddev stddev_pop stddev_samp str_to_date string_split strpos sysdate timestampadd timestampdiff to_char
to_date to_hex to_number to_timestamp today truncate unix_timestamp var_pop var_samp variance week weekday year
""")
"""Well-known pure functions of other engines: a dialect whose engine lacks them answers «no such function»."""
