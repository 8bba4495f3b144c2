"""Data: functions of engines that are reached through their SQLAlchemy dialect; those of the shared classes besides.

Short on purpose: none of these engines could be tried, so that only what is known to compute from its arguments alone
is here. What people miss is refused, and can be added.
"""

from app.connectors.sql_gate.words import words

_PORTABLE = words("""
abs acos ascii asin atan atan2 avg ceil ceiling chr coalesce concat corr cos cosh count covar_pop covar_samp cume_dist
date_add date_diff date_part date_sub date_trunc dateadd datediff dense_rank exp first_value floor greatest grouping
grouping_id initcap instr lag last_day last_value lead least left length ln log lower lpad ltrim max md5 median min mod
nth_value ntile nullif nvl nvl2 percent_rank percentile_cont percentile_disc pi power radians rank regexp_count
regexp_instr regexp_like regexp_replace regexp_substr regr_intercept regr_r2 regr_slope repeat replace reverse right
round row_number rpad rtrim sign sin sinh soundex sqrt stddev stddev_pop stddev_samp substr substring sum tan tanh
to_char to_date to_number to_timestamp translate trim trunc upper var_pop var_samp variance
""")
_ORACLE = words("""
add_months bitand decode extract interval lengthb listagg months_between nanvl new_time next_day numtodsinterval
numtoyminterval ora_hash ratio_to_report rawtohex remainder standard_hash stats_mode sysdate systimestamp
to_dsinterval to_yminterval wm_concat
""")
_CLICKHOUSE = words("""
adddays addhours addminutes addmonths addquarters addseconds addweeks addyears any anylast argmax argmin arrayconcat
arraycount arraydistinct arrayelement arrayexists arrayfilter arrayfirst arrayjoin arraymap arraymax arraymin arraysort
arraysum avgif count countif datediff datetrunc divide empty endswith formatdatetime formatreadablequantity grouparray
groupuniqarray has hasall hasany if ifnull ilike intdiv isnull isnotnull jsonextract jsonextractbool jsonextractfloat
jsonextractint jsonextractstring jsonhas jsonlength length like lowerutf8 match maxif minif multiif notempty now
nullif plus position quantile quantileexact quantiles quarter runningaccumulate splitbychar splitbystring startswith
subtractdays subtracthours subtractmonths subtractyears sumif today tobool todate todate32 todatetime todatetime64
todayofmonth todayofweek todayofyear todecimal128 todecimal32 todecimal64 tofixedstring tofloat32 tofloat64 tohour
toint16 toint32 toint64 toint8 tointervalday tointervalmonth tointervalweek tointervalyear toisoweek tominute tomonday
tomonth tonullable toquarter torelativedaynum tosecond tostartofday tostartofhour tostartofinterval tostartofminute
tostartofmonth tostartofquarter tostartofweek tostartofyear tostring tounixtimestamp touint16 touint32 touint64 touint8
toweek toyear toyearweek toyyyymm toyyyymmdd trimboth trimleft trimright uniq uniqexact uniqcombined upperutf8
yesterday
""")
_SNOWFLAKE = words("""
any_value approx_count_distinct array_agg array_contains array_construct array_size array_to_string bitand bitor
boolor_agg booland_agg charindex contains convert_timezone count_if current_date current_time current_timestamp
date_from_parts dayname dayofmonth dayofweek dayofyear decode div0 div0null editdistance endswith equal_null get
get_path hash hour iff ifnull ilike insert is_null_value jarowinkler_similarity kurtosis listagg localtimestamp minute
mode month monthname months_between next_day object_agg object_construct object_keys parse_json previous_day quarter
ratio_to_report regexp_substr_all second skew split split_part square startswith strtok time_slice to_array to_boolean
to_decimal to_double to_json to_numeric to_object to_time to_timestamp_ltz to_timestamp_ntz to_timestamp_tz to_variant
to_varchar truncate try_parse_json try_to_boolean try_to_date try_to_decimal try_to_double try_to_number
try_to_timestamp typeof unicode week weekiso width_bucket year zeroifnull nullifzero
""")
_BIGQUERY = words("""
any_value approx_count_distinct approx_quantiles approx_top_count array_agg array_concat array_length array_reverse
array_to_string bit_count byte_length char_length code_points_to_string contains_substr countif current_date
current_datetime current_time current_timestamp date datetime datetime_add datetime_diff datetime_sub datetime_trunc
div ends_with extract farm_fingerprint format format_date format_datetime format_time format_timestamp from_base64
from_hex generate_array generate_date_array ieee_divide if ifnull is_inf is_nan json_extract json_extract_array
json_extract_scalar json_query json_query_array json_value json_value_array logical_and logical_or normalize
offset ordinal parse_date parse_datetime parse_json parse_time parse_timestamp regexp_contains regexp_extract
regexp_extract_all safe_add safe_cast safe_divide safe_multiply safe_negate safe_subtract sha1 sha256 sha512 split
starts_with string string_agg strpos struct time time_add time_diff time_sub time_trunc timestamp timestamp_add
timestamp_diff timestamp_micros timestamp_millis timestamp_seconds timestamp_sub timestamp_trunc to_base64 to_hex
to_json to_json_string unix_micros unix_millis unix_seconds
""")
_REDSHIFT = words("""
add_months any_value approximate bpcharcmp btrim char_length character_length charindex convert_timezone crc32
date_cmp date_part_year decode dexp dlog1 dlog10 getdate interval_cmp is_valid_json is_valid_json_array
json_array_length json_extract_array_element_text json_extract_path_text json_parse json_serialize len listagg
months_between next_day octetindex position quote_ident quote_literal ratio_to_report regexp_instr sha1 sha2 split_part
strpos strtol sysdate timestamp_cmp to_hex trunc
""")

FUNCTIONS = {
    "oracle": _PORTABLE | _ORACLE,
    "clickhouse": _PORTABLE | _CLICKHOUSE,
    "snowflake": _PORTABLE | _SNOWFLAKE,
    "bigquery": _PORTABLE | _BIGQUERY,
    "redshift": _PORTABLE | _REDSHIFT,
}
OTHER_DIALECTS = tuple(FUNCTIONS)
"""sqlglot's names of the dialects."""
