"""Data: functions of MySQL 8 and 9 and of MariaDB 11."""

from app.connectors.sql_gate.words import words

MYSQL = words("""
abs acos add_months adddate addmonths addtime aes_decrypt aes_encrypt all any any_value area ascii asin astext aswkb
atan atan2 avg bin bin_to_uuid binary bit_and bit_count bit_length bit_or bit_xor cast ceil ceiling centroid char
char_length character_length charset chr coalesce coercibility collation column_check column_exists column_get
column_json column_list compress concat concat_operator_oracle concat_ws contains conv convert convert_tz cos cot
count crc32 crc32c crosses cume_dist curdate current_date current_time current_timestamp curtime date date_add
date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear decode decode_histogram decode_oracle
degrees dense_rank des_decrypt des_encrypt dimension disjoint distance elt encode encrypt endpoint envelope equals
exp export_set exteriorring extract extractvalue field find_in_set first_value floor format format_bytes
format_pico_time from_base64 from_days from_unixtime from_vector geomcollection geometrycollection geometryn
geometrytype geomfromtext geomfromwkb get_format glength greatest group_concat grouping hex hour if ifnull inet4
inet6 inet6_aton inet6_ntoa inet_aton inet_ntoa initcap insert instr interiorringn intersects interval is_ipv4
is_ipv4_compat is_ipv4_mapped is_ipv6 is_uuid isclosed isempty isnull issimple json_array json_array_append
json_array_insert json_array_intersect json_arrayagg json_compact json_contains json_contains_path json_depth
json_detailed json_equals json_exists json_extract json_insert json_key_value json_keys json_length json_loose
json_merge json_merge_patch json_merge_preserve json_normalize json_object json_object_filter_keys
json_object_to_array json_objectagg json_overlaps json_pretty json_query json_quote json_remove json_replace
json_schema_valid json_schema_validation_report json_search json_set json_storage_free json_storage_size json_table
json_type json_unquote json_valid json_value lag last_day last_value lcase lead least left length lengthb linestring
ln localtime localtimestamp locate log log10 log2 lower lpad lpad_oracle ltrim ltrim_oracle make_set makedate
maketime max mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequal mbrequals mbrintersects mbroverlaps mbrtouches
mbrwithin md5 median microsecond mid min minute mlinefromtext mlinefromwkb mod month monthname months_between
mpointfromtext mpointfromwkb mpolyfromtext mpolyfromwkb multilinestring multipoint multipolygon name_const
natural_sort_key next_day now nth_value ntile nullif numgeometries numinteriorrings numpoints nvl nvl2 oct
octet_length old_password ord overlaps password percent_rank percentile_cont percentile_disc period_add period_diff
pi point pointn polygon position pow power quarter quote radians rand random_bytes rank regexp regexp_instr
regexp_like regexp_replace regexp_substr repeat replace replace_oracle reverse right round row row_number rpad
rpad_oracle rtrim rtrim_oracle sec_to_time second sformat sha sha1 sha2 sign sin some soundex space sqrt srid
st_area st_asbinary st_asgeojson st_astext st_boundary st_buffer st_buffer_strategy st_centroid st_collect
st_contains st_convexhull st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere
st_endpoint st_envelope st_equals st_exteriorring st_frechetdistance st_geohash st_geomcollfromtext
st_geomcollfromwkb st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb
st_hausdorffdistance st_interiorringn st_intersection st_intersects st_isclosed st_isempty st_isring st_issimple
st_isvalid st_latfromgeohash st_latitude st_length st_linefromtext st_linefromwkb st_lineinterpolatepoint
st_lineinterpolatepoints st_longfromgeohash st_longitude st_makeenvelope st_numgeometries st_numinteriorring
st_numinteriorrings st_numpoints st_overlaps st_pointatdistance st_pointfromgeohash st_pointfromtext st_pointfromwkb
st_pointn st_pointonsurface st_polyfromtext st_polyfromwkb st_relate st_simplify st_srid st_startpoint st_swapxy
st_symdifference st_touches st_transform st_union st_validate st_within st_x st_y startpoint statement_digest
statement_digest_text std stddev stddev_pop stddev_samp str_to_date strcmp string_to_vector subdate substr
substr_oracle substring substring_index subtime sum sys_guid sysdate tan time time_format time_to_sec timediff
timestamp timestampadd timestampdiff to_base64 to_char to_days to_number to_seconds to_vector touches trim
trim_oracle trunc truncate ucase uncompress uncompressed_length unhex unicode unix_timestamp updatexml upper
utc_date utc_time utc_timestamp uuid uuid_short uuid_v4 uuid_v7 uuid_to_bin values var_pop var_samp variance
vec_distance vec_distance_cosine vec_distance_euclidean vec_fromtext vec_totext vector_dim vector_to_string week
weekday weekofyear weight_string within xor year yearweek
""")
