"""Data: functions of SQL Server 2019 to 2025, and the methods of its XML and spatial types."""

from app.connectors.sql_gate.words import words

TSQL = words("""
abs acos approx_count_distinct approx_percentile_cont approx_percentile_disc ascii asin atan atn2 avg base64_decode
base64_encode binary_checksum bit_count cast ceiling char charindex checksum checksum_agg choose coalesce collate
compress concat concat_ws contains convert cos cot count count_big crypt_gen_random cume_dist current_date
current_timestamp current_timezone current_timezone_id datalength date_bucket dateadd datediff datediff_big
datefromparts datename datepart datetime2fromparts datetimefromparts datetimeoffsetfromparts datetrunc day
decompress degrees dense_rank difference edit_distance edit_distance_similarity eomonth exp first_value floor format
freetext generate_series geomfromgml get_bit getdate getutcdate greatest grouping grouping_id hashbytes iif isdate
isjson isnull isnumeric jaro_winkler_distance jaro_winkler_similarity json json_array json_arrayagg json_contains
json_modify json_object json_objectagg json_path_exists json_query json_value lag last_value lead least left
left_shift len log log10 lower ltrim max min month nchar newid ntile nullif openjson parse parsename patindex
percent_rank percentile_cont percentile_disc pi point power product quotename radians rand rank regexp_count
regexp_instr regexp_like regexp_matches regexp_replace regexp_split_to_table regexp_substr replace replicate reverse
right right_shift round row_number rtrim set_bit sign sin smalldatetimefromparts soundex space sql_variant_property
sqrt square stdev stdevp stgeomcollfromtext stgeomfromtext stgeomfromwkb stlinefromtext stmlinefromtext
stmpointfromtext stmpolyfromtext stpointfromtext stpolyfromtext str string_agg string_escape string_split stuff
substring sum switchoffset sysdatetime sysdatetimeoffset sysutcdatetime tan timefromparts todatetimeoffset translate
trim try_cast try_convert try_parse unicode unistr upper value var varp vector_distance vector_norm vector_normalize
year
""")

METHODS = words("""
asgml astextzm bufferwithtolerance envelopeangle envelopecenter exist filter getancestor getdescendant getlevel
isdescendantof lat long makevalid nodes numrings query reduce ringn shortestlineto starea stasbinary stastext
stboundary stbuffer stcentroid stcontains stconvexhull stcrosses stcurven stdifference stdimension stdisjoint
stdistance stendpoint stenvelope stequals stexteriorring stgeometryn stgeometrytype stinteriorringn stintersection
stintersects stisclosed stisempty stissimple stisvalid stlength stnumgeometries stnuminteriorring stnumpoints
stoverlaps stpointn stpointonsurface strelate stsrid ststartpoint stsymdifference sttouches stunion stwithin stx sty
tostring value
""")
"""Methods that only read; `modify`, which changes XML, is not among them."""
