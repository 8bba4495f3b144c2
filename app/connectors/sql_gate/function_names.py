"""Data: the names of allowed functions; `functions` says what a name must be like to stand here."""

from app.connectors.sql_gate.words import words

SHARED_CLASSES = words("""
Abs Acos Acosh AddMonths And AnyValue ApproxDistinct ApproxQuantile ApproxQuantiles ApproxTopK ArgMax ArgMin Array
ArrayAgg ArrayAll ArrayAny ArrayAppend ArrayCompact ArrayConcat ArrayConcatAgg ArrayContainedBy ArrayContains
ArrayContainsAll ArrayDistinct ArrayExcept ArrayFilter ArrayFirst ArrayInsert ArrayIntersect ArrayLast ArrayMax
ArrayMin ArrayOverlaps ArrayPosition ArrayPrepend ArrayRemove ArrayRemoveAt ArrayReverse ArraySize ArraySlice
ArraySort ArraySum ArrayToString ArrayUnionAgg ArrayUniqueAgg ArraysZip Ascii Asin Asinh Atan Atan2 Atanh Avg
Base64DecodeBinary Base64DecodeString Base64Encode BitLength BitwiseAndAgg BitwiseCount BitwiseOrAgg BitwiseXorAgg
Booland Boolnot Boolor BoolxorAgg ByteLength Case Cast CastToStrType Cbrt Ceil Chr Coalesce CodePointsToBytes
CodePointsToString Collate Collation Columns CombinedAggFunc CombinedParameterizedAgg Concat ConcatWs Contains
Convert ConvertTimezone ConvertToCharset Corr Cos Cosh CosineDistance Cot Coth Count CountIf CovarPop CovarSamp Csc
Csch CumeDist CurrentDate CurrentDatetime CurrentTime CurrentTimestamp CurrentTimestampLTZ CurrentTimezone Date
DateAdd DateBin DateDiff DateFromParts DateFromUnixDate DateStrToDate DateSub DateToDateStr DateToDi DateTrunc
Datetime DatetimeAdd DatetimeDiff DatetimeSub DatetimeTrunc Day DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Dayname
Decode DecodeCase Degrees DenseRank DiToDate DotProduct Elt Encode EndsWith EqualNull EuclideanDistance Exists Exp
Explode ExplodingGenerateSeries Extract Factorial FarmFingerprint CityHash64 First FirstValue Flatten Float64 Floor
Format FromBase FromBase32 FromBase64 FromISO8601Date FromISO8601Timestamp FromISO8601TimestampNanos
GenerateDateArray GenerateSeries GenerateTimestampArray GetExtract GetIgnoreCase Getbit Greatest GroupConcat
Grouping GroupingId Hex HexDecodeString Hll Host Hour If Initcap Inline Int64 IsArray IsAscii IsInf IsNan
IsNullValue JSONArray JSONArrayAgg JSONArrayAppend JSONArrayContains JSONArrayInsert JSONBContains
JSONBContainsAllTopKeys JSONBContainsAnyTopKeys JSONBContainsTopKey JSONBDeleteAtPath JSONBExists JSONBExtract
JSONBExtractScalar JSONBObjectAgg JSONBPathExists JSONBool JSONCast JSONExists JSONExtract JSONExtractArray
JSONExtractScalar JSONFormat JSONKeys JSONKeysAtDepth JSONObject JSONObjectAgg JSONRemove JSONSet JSONStripNulls
JSONTable JSONType JSONValueArray JarowinklerSimilarity JustifyDays JustifyHours JustifyInterval Kurtosis Lag Last
LastDay LastValue LaxBool LaxFloat64 LaxInt64 LaxString Lead Least Left Length Levenshtein List Ln Localtime
Localtimestamp Log LogicalAnd LogicalOr Lower LowerHex MD5 MD5Digest MD5NumberLower64 MD5NumberUpper64 MakeInterval
ManhattanDistance Map MapCat MapContainsKey MapDelete MapFromEntries MapInsert MapKeys MapPick MapSize MatchAgainst
Max Median Min Minute Mode Month Monthname MonthsBetween Nanvl NextDay Normalize NthValue Ntile Nullif NumberToStr
Nvl2 ObjectAgg ObjectInsert OpenJSON Or Overlay Pad ParameterizedAgg ParseBignumeric ParseDatetime ParseIp ParseJSON
ParseNumeric ParseTime ParseUrl PercentRank PercentileCont PercentileDisc Pi Posexplode PosexplodeOuter Pow
PreviousDay Quantile Quarter Radians Rand Randn RangeBucket RangeN Rank Reduce RegexpCount RegexpExtract
RegexpExtractAll RegexpFullMatch RegexpILike RegexpInstr RegexpLike RegexpReplace RegexpSplit RegexpSubstr RegrAvgx
RegrAvgy RegrCount RegrIntercept RegrR2 RegrSlope RegrSxx RegrSxy RegrSyy RegrValx RegrValy Repeat Replace Reverse
Right Rint Round RowNumber RtrimmedLength SHA SHA1Digest SHA2 SHA2Digest SafeAdd SafeConvertBytesToString SafeDivide
SafeMultiply SafeNegate SafeSubtract Sec Sech Second Sign Sin Sinh Skewness Soundex SoundexP123 Space Split
SplitPart SplitToTable Sqrt StDistance StPoint Stack StartsWith Stddev StddevPop StddevSamp StrPosition StrToDate
StrToMap StrToTime StrToUnix String StringToArray StripNullValue Strtok StrtokToArray Struct StructExtract Stuff
Substring SubstringIndex Sum Systimestamp Tan Tanh Time TimeAdd TimeDiff TimeFromParts TimeSlice TimeStrToDate
TimeStrToTime TimeStrToUnix TimeSub TimeToStr TimeToTimeStr TimeToUnix TimeTrunc Timestamp TimestampAdd
TimestampDiff TimestampFromParts TimestampLtzFromParts TimestampSub TimestampTrunc TimestampTzFromParts ToArray
ToBase32 ToBase64 ToBinary ToBoolean ToChar ToCodePoints ToDays ToDecfloat ToDouble ToMap ToNumber Transform
Translate Trim Trunc Try TryBase64DecodeBinary TryBase64DecodeString TryCast TryHexDecodeBinary TryHexDecodeString
TryToDecfloat TsOrDiToDi TsOrDsAdd TsOrDsDiff TsOrDsToDate TsOrDsToDateStr TsOrDsToDatetime TsOrDsToTime
TsOrDsToTimestamp Typeof Unhex Unicode UnixDate UnixMicros UnixMillis UnixSeconds UnixToStr UnixToTime UnixToTimeStr
Unnest Upper UtcDate UtcTime UtcTimestamp Uuid VarMap Variance VariancePop Week WeekOfYear WeekStart WidthBucket Xor
Year YearOfWeek YearOfWeekIso
""")
"""sqlglot's classes of functions that are harmless in every dialect that has them."""

SESSION_CLASSES = words(
    "CurrentCatalog CurrentDatabase CurrentSchema CurrentSchemas CurrentUser SessionUser CurrentRole"
)

PORTABLE = words("""
to_char to_date to_number date_trunc date_part date_format date_add date_sub datediff dateadd datepart datename
timestampdiff timestampadd extract year month day hour minute second quarter week weekday dayofweek dayofyear
last_day now curdate curtime getdate sysdate today lpad rpad left right repeat reverse initcap concat concat_ws
split_part regexp_replace regexp_matches regexp_like regexp_substr isnull nvl greatest least stddev stddev_pop
stddev_samp variance var_pop var_samp corr covar_pop covar_samp mode any_value array_agg listagg first last bool_and
bool_or every string_split position strpos char_length character_length md5 sha1 sha256 to_hex factorial truncate
space ascii chr monthname dayname make_date age to_timestamp from_unixtime unix_timestamp str_to_date
generate_series
""")
"""Well-known pure functions of other engines: a dialect whose engine lacks them answers «no such function»."""

SQLITE = words("""
abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh count cume_dist
current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor format glob
group_concat hex if ifnull iif instr json json_array json_array_insert json_array_length json_each
json_error_position json_extract json_group_array json_group_object json_insert json_object json_patch json_pretty
json_quote json_remove json_replace json_set json_tree json_type json_valid jsonb jsonb_array jsonb_each
jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace
jsonb_set jsonb_tree julianday lag last_value lead length like likelihood likely ln log log10 log2 lower ltrim max
median min mod nth_value ntile nullif octet_length percent_rank percentile percentile_cont percentile_disc pi pow
power printf quote radians random randomblob rank replace round row_number rtrim sign sin sinh sqrt strftime
string_agg substr substring sum tan tanh time timediff total trim trunc typeof unhex unicode unistr unixepoch
unlikely upper zeroblob
""")

POSTGRES = words("""
abbrev abs acos acosd age any_value area array_agg array_append array_cat array_dims array_length array_lower
array_ndims array_position array_positions array_prepend array_remove array_replace array_reverse array_sort
array_to_json array_to_string array_to_tsvector array_upper ascii asin asind atan atan2 atan2d atand avg bit_and
bit_count bit_length bit_or bit_xor bool_and bool_or bound_box box bpchar broadcast btrim cardinality casefold cbrt
ceil ceiling center char char_length character_length chr cidr circle clock_timestamp coalesce concat concat_ws
convert convert_from convert_to corr cos cosd cosh cot cotd count covar_pop covar_samp crc32 crc32c cume_dist date
date_add date_bin date_part date_subtract date_trunc daterange datemultirange decode degrees dense_rank diagonal
diameter div encode enum_first enum_last enum_range erf erfc every exp factorial family first_value float4 float8
floor format gamma gcd gen_random_uuid generate_series generate_subscripts get_bit get_byte height host hostmask
inet inet_merge inet_same_family initcap int2 int4 int8 int4multirange int4range int8multirange int8range interval
is_normalized isclosed isempty isfinite isopen json_agg json_agg_strict json_array_elements json_array_elements_text
json_array_length json_build_array json_build_object json_each json_each_text json_extract_path
json_extract_path_text json_object json_object_agg json_object_agg_strict json_object_agg_unique json_object_keys
json_populate_record json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_to_tsvector
json_typeof jsonb_agg jsonb_agg_strict jsonb_array_elements jsonb_array_elements_text jsonb_array_length
jsonb_build_array jsonb_build_object jsonb_concat jsonb_contained jsonb_contains jsonb_delete jsonb_each
jsonb_each_text jsonb_exists jsonb_exists_all jsonb_exists_any jsonb_extract_path jsonb_extract_path_text
jsonb_insert jsonb_object jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_keys
jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array
jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
jsonb_populate_record_valid jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls
jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof json_scalar json_serialize json_query json_value
json_exists json_arrayagg json_objectagg justify_days justify_hours justify_interval lag last_value lcm lead left
length lgamma line ln localtime localtimestamp log log10 lower lower_inc lower_inf lpad lseg ltrim macaddr8_set7bit
make_date make_interval make_time make_timestamp make_timestamptz masklen max md5 merge_action min min_scale mod
mode money multirange name netmask network normalize now npoints nth_value ntile num_nonnulls num_nulls
nummultirange numnode numrange numeric octet_length oid overlaps overlay parse_ident path pclose percent_rank
percentile_cont percentile_disc phraseto_tsquery pi plainto_tsquery point poly_center polygon popen position pow
power querytree quote_ident quote_literal quote_nullable radians radius random random_normal range_agg
range_intersect_agg range_merge rank regexp_count regexp_instr regexp_like regexp_match regexp_matches
regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr regr_avgx regr_avgy regr_count
regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse right round row row_number
row_to_json rpad rtrim scale set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 sign sin sind sinh
slope split_part sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array
string_to_table strip strpos substr substring sum tan tand tanh text time timeofday timestamp timestamptz timetz
timezone to_ascii to_bin to_char to_date to_hex to_json to_jsonb to_number to_oct to_timestamp to_tsquery
to_tsvector transaction_timestamp translate trim trim_array trim_scale trunc ts_delete ts_filter ts_headline ts_rank
ts_rank_cd tsmultirange tsquery_phrase tsrange tstzmultirange tstzrange tsvector_to_array unaccent similarity
word_similarity strict_word_similarity levenshtein soundex metaphone dmetaphone unicode_assigned unistr unnest upper
upper_inc upper_inf uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7 var_pop var_samp varchar variance
websearch_to_tsquery width width_bucket pg_typeof pg_size_pretty pg_size_bytes pg_input_is_valid pg_input_error_info
float4send float8send int2send int4send int8send numeric_send textsend date_send bool bit varbit int4pl int4mi bytea
array_sample array_shuffle hashtext txid_snapshot_xmin txid_snapshot_xmax txid_snapshot_xip pg_snapshot_xmin
pg_snapshot_xmax pg_snapshot_xip
""")

POSTGRES_CATALOG = words("""
col_description obj_description shobj_description format_type current_schema current_schemas current_database
has_any_column_privilege has_column_privilege has_database_privilege has_schema_privilege has_sequence_privilege
has_table_privilege has_function_privilege has_language_privilege has_type_privilege has_tablespace_privilege
has_foreign_data_wrapper_privilege has_server_privilege has_parameter_privilege pg_has_role row_security_active
pg_get_constraintdef pg_get_expr pg_get_functiondef pg_get_function_arguments pg_get_function_identity_arguments
pg_get_function_result pg_get_indexdef pg_get_keywords pg_get_object_address pg_get_partition_constraintdef
pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef pg_get_statisticsobjdef_expressions
pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_describe_object pg_identify_object pg_identify_object_as_address
pg_column_size pg_column_compression pg_collation_for pg_column_is_updatable pg_relation_is_updatable
pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_encoding_to_char pg_char_to_encoding
pg_partition_root pg_partition_ancestors pg_partition_tree pg_basetype pg_collation_is_visible
pg_function_is_visible pg_operator_is_visible pg_opclass_is_visible pg_table_is_visible pg_type_is_visible
pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible
pg_conversion_is_visible pg_statistics_obj_is_visible pg_opfamily_is_visible pg_relation_size pg_table_size
pg_total_relation_size pg_indexes_size pg_my_temp_schema pg_is_other_temp_schema pg_stat_have_stats to_regclass
to_regtype to_regproc to_regprocedure to_regoper to_regoperator to_regnamespace to_regrole to_regcollation
to_regtypemod ts_debug ts_lexize ts_parse ts_token_type txid_current txid_current_if_assigned txid_current_snapshot
pg_current_snapshot pg_current_xact_id pg_current_xact_id_if_assigned txid_visible_in_snapshot
pg_visible_in_snapshot aclexplode acldefault makeaclitem getdatabaseencoding pg_client_encoding pg_trigger_depth
""")
"""Read-only descriptions of the catalogue; allowed only where the caller limits no tables."""

MYSQL = words("""
abs acos adddate addtime ascii asin atan atan2 avg bin bin_to_uuid bit_and bit_count bit_length bit_or bit_xor cast
ceil ceiling char char_length character_length coalesce concat concat_ws conv convert convert_tz cos cot count crc32
cume_dist curdate current_date current_time current_timestamp curtime date date_add date_format date_sub datediff
day dayname dayofmonth dayofweek dayofyear degrees dense_rank elt exp export_set extract field find_in_set
first_value floor format from_base64 from_days from_unixtime get_format greatest group_concat grouping hex hour if
ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv6 is_uuid isnull json_array
json_array_append json_array_insert json_arrayagg json_compact json_contains json_contains_path json_depth
json_detailed json_equals json_exists json_extract json_insert json_keys json_length json_loose json_merge
json_merge_patch json_merge_preserve json_normalize json_object json_objectagg json_overlaps json_pretty json_query
json_quote json_remove json_replace json_search json_set json_table json_type json_unquote json_valid json_value lag
last_day last_value lcase lead least left length ln localtime localtimestamp locate log log10 log2 lower lpad ltrim
make_set makedate maketime max md5 median microsecond mid min minute mod month monthname natural_sort_key now
nth_value ntile nullif nvl nvl2 oct octet_length ord percent_rank percentile_cont percentile_disc period_add
period_diff pi point position pow power quarter quote radians rand rank regexp_instr regexp_like regexp_replace
regexp_substr repeat replace reverse right round row_number rpad rtrim sec_to_time second sha sha1 sha2 sign sin
soundex space sqrt st_distance std stddev stddev_pop stddev_samp str_to_date strcmp subdate substr substring
substring_index subtime sum sysdate tan time time_format time_to_sec timediff timestamp timestampadd timestampdiff
to_base64 to_char to_days to_seconds trim trim_oracle truncate ucase uncompressed_length unhex unix_timestamp upper
utc_date utc_time utc_timestamp uuid uuid_to_bin values var_pop var_samp variance week weekday weekofyear
weight_string year yearweek any_value chr unicode st_x st_y st_astext st_geomfromtext
""")

TSQL = words("""
abs acos approx_count_distinct approx_percentile_cont approx_percentile_disc ascii asin atan atn2 avg base64_decode
base64_encode bit_count cast ceiling char charindex checksum checksum_agg choose coalesce collate concat concat_ws
convert cos cot count count_big cume_dist current_date current_timestamp current_timezone date_bucket dateadd
datediff datediff_big datefromparts datename datepart datetime2fromparts datetimefromparts datetimeoffsetfromparts
datetrunc day degrees dense_rank difference edit_distance edit_distance_similarity eomonth exp first_value floor
format generate_series get_bit getdate getutcdate greatest grouping grouping_id hashbytes iif isdate isjson isnull
isnumeric jaro_winkler_distance jaro_winkler_similarity json_array json_arrayagg json_contains json_modify
json_object json_objectagg json_path_exists json_query json_value lag last_value lead least left len log log10 lower
ltrim max min month nchar newid ntile nullif openjson parse patindex percent_rank percentile_cont percentile_disc pi
power quotename radians rand rank regexp_count regexp_instr regexp_like regexp_replace regexp_substr replace
replicate reverse right round row_number rtrim sign sin smalldatetimefromparts soundex space sqrt square stdev
stdevp str string_agg string_escape string_split stuff substring sum switchoffset sysdatetime sysdatetimeoffset
sysutcdatetime tan timefromparts todatetimeoffset translate trim try_cast try_convert try_parse unicode unistr upper
var varp year
""")

DUCKDB = words("""
abs acos acosh add age aggregate alias any_value apply approx_count_distinct approx_quantile approx_top_k arbitrary
arg_max arg_max_null arg_min arg_min_null argmax argmin array_aggr array_aggregate array_append array_apply
array_cat array_concat array_contains array_cosine_distance array_cosine_similarity array_cross_product
array_distance array_distinct array_dot_product array_extract array_filter array_grade_up array_has array_has_all
array_has_any array_indexof array_inner_product array_intersect array_length array_negative_dot_product
array_negative_inner_product array_pop_back array_pop_front array_position array_prepend array_push_back
array_push_front array_reduce array_resize array_reverse array_reverse_sort array_select array_slice array_sort
array_to_json array_to_string array_transform array_unique array_value array_where array_zip ascii asin asinh atan
atan2 atanh avg bar base64 bin bit_and bit_count bit_length bit_or bit_position bit_xor bitstring bitstring_agg
bool_and bool_or can_cast_implicitly cardinality cast_to_type cbrt ceil ceiling century char_length character_length
chr combine concat concat_ws contains corr cos cosh cot count count_if count_star countif covar_pop covar_samp
damerau_levenshtein date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
dayofmonth dayofweek dayofyear days_in_month decade decimal_average decode degrees divide editdist3 element_at
encode ends_with entropy enum_code enum_first enum_last enum_range enum_range_boundary epoch epoch_ms epoch_ns
epoch_us equi_width_bins era even exp factorial favg fdiv filter finalize first flatten floor fmod format
format_bytes formatreadabledecimalsize formatreadablesize from_base64 from_binary from_hex from_json
from_json_strict fsum gamma gcd gen_random_uuid generate_series generate_subscripts geomean geometric_mean get_bit
get_current_time get_current_timestamp grade_up greatest greatest_common_divisor group_concat hamming hash hex
histogram histogram_exact histogram_values hour if instr is_histogram_other_bin isfinite isinf isnan isodow isoyear
jaccard jaro_similarity jaro_winkler_similarity json json_array json_array_length json_contains json_each
json_exists json_extract json_extract_path json_extract_path_text json_extract_string json_group_array
json_group_object json_group_structure json_insert json_keys json_merge_patch json_object json_pretty json_quote
json_remove json_replace json_set json_strip_nulls json_structure json_transform json_transform_strict json_tree
json_type json_valid json_value julian kahan_sum kurtosis kurtosis_pop last last_day lcase lcm least
least_common_multiple left left_grapheme len length length_grapheme levenshtein lgamma list list_aggr list_aggregate
list_any_value list_append list_apply list_approx_count_distinct list_avg list_bit_and list_bit_or list_bit_xor
list_bool_and list_bool_or list_cat list_concat list_contains list_cosine_distance list_cosine_similarity list_count
list_distance list_distinct list_dot_product list_element list_entropy list_extract list_filter list_first
list_grade_up list_has list_has_all list_has_any list_histogram list_indexof list_inner_product list_intersect
list_kurtosis list_kurtosis_pop list_last list_mad list_max list_median list_min list_mode list_negative_dot_product
list_negative_inner_product list_pack list_position list_prepend list_product list_reduce list_resize list_reverse
list_reverse_sort list_select list_sem list_skewness list_slice list_sort list_stddev_pop list_stddev_samp
list_string_agg list_sum list_transform list_unique list_value list_var_pop list_var_samp list_where list_zip
listagg ln log log10 log2 lower lpad ltrim lttb mad make_date make_time make_timestamp make_timestamp_ms
make_timestamp_ns make_timestamptz map map_concat map_contains map_contains_entry map_contains_value map_entries
map_extract map_extract_value map_from_entries map_keys map_values max max_by md5 md5_number md5_number_lower
md5_number_upper mean median microsecond millennium millisecond min min_by minute mismatches mod mode month
monthname multiply nanosecond nextafter nfc_normalize normalized_interval now nullif octet_length ord overlay
parse_dirname parse_dirpath parse_filename parse_formatted_bytes parse_path pi position pow power prefix printf
product quantile quantile_cont quantile_disc quarter radians random range reduce regexp_escape regexp_extract
regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace
reservoir_quantile reverse right right_grapheme round round_even roundbankers row row_to_json rpad rtrim second sem
set_bit sha1 sha256 sign signbit sin sinh skewness split split_part sqrt starts_with stats stddev stddev_pop
stddev_samp str_split str_split_regex strftime string_agg string_split string_split_regex string_to_array
strip_accents strlen strpos strptime struct_concat struct_contains struct_extract struct_extract_at struct_has
struct_indexof struct_insert struct_keys struct_pack struct_position struct_update struct_values substr substring
substring_grapheme subtract suffix sum sum_no_overflow sumkahan switch tan tanh time_bucket timezone timezone_hour
timezone_minute to_base to_base64 to_binary to_centuries to_days to_decades to_hex to_hours to_json to_microseconds
to_millennia to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today
transaction_timestamp translate trim trunc try_strptime typeof ucase unbin unhex unicode union_extract union_tag
union_value unnest upper url_decode url_encode uuid uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7
var_pop var_samp variance variant_extract variant_typeof vector_type wavg week weekday weekofyear weighted_avg xor
year yearweek count_distinct grouping grouping_id row_number rank dense_rank percent_rank cume_dist ntile lag lead
first_value last_value nth_value fill percentile_cont percentile_disc bitstring_bit_count ago binom erf erfc
json_merge_patch_diff json_deep_merge remap_struct
""")

DUCKDB_CATALOG = words("current_setting current_schema current_schemas current_database txid_current pg_typeof")
"""Functions that describe the session's surroundings; allowed only where the caller limits no tables."""
