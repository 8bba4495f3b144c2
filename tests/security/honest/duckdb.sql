FROM t
FROM t SELECT a WHERE a > 1
SELECT * EXCLUDE (a) REPLACE (b + 1 AS b) RENAME (c AS d) FROM t
SELECT COLUMNS('^a'), COLUMNS(* EXCLUDE (a)), COLUMNS(c -> c LIKE 'a%') FROM t
SELECT min(COLUMNS(*)) FROM t
SELECT a, b, sum(c) FROM t GROUP BY ALL ORDER BY ALL
SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1
SELECT a, b FROM t ASOF JOIN u ON t.a = u.a AND t.c >= u.c
SELECT a FROM t SEMI JOIN u USING (a)
SELECT a FROM t ANTI JOIN u ON t.a = u.a
SELECT * FROM t POSITIONAL JOIN u
PIVOT t ON a USING sum(b) GROUP BY c
SELECT * FROM t PIVOT (sum(b) FOR a IN ('x', 'y') GROUP BY c)
UNPIVOT t ON a, b INTO NAME n VALUE v
SELECT * FROM t UNPIVOT (v FOR n IN (a, b))
SELECT * FROM t UNPIVOT INCLUDE NULLS (v FOR n IN (a, b))
SELECT * FROM t TABLESAMPLE 10%
SELECT * FROM t USING SAMPLE 5 ROWS
SELECT * FROM t USING SAMPLE reservoir(50 ROWS) REPEATABLE (100)
SELECT * FROM t TABLESAMPLE bernoulli(10 PERCENT)
SELECT [1, 2, 3], {'a': 1, 'b': 'x'}, MAP {'k': 1}, [x * 2 FOR x IN [1, 2] IF x > 1], (1, 2), ROW(1, 'a')
SELECT s.a, s['a'], l[1], l[1:2], l[-1], l[:2], l[1:4:2], m['k'], struct_extract(s, 'a') FROM t
SELECT list_transform([1, 2], x -> x + 1), list_filter([1, 2], x -> x > 1), list_reduce([1, 2], (x, y) -> x + y), list_transform([1], lambda x: x + 1)
SELECT unnest([1, 2]), unnest({'a': 1}, recursive := true), UNNEST(l) FROM t
SELECT generate_series(1, 3), range(5), range(DATE '2024-01-01', DATE '2024-02-01', INTERVAL 1 MONTH)
SELECT * FROM range(10) r(i), generate_series(1, 2) g(j), unnest([1, 2]) AS x(y)
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(n, s)
VALUES (1, 2)
SELECT a::INTEGER, CAST(a AS DECIMAL(10, 2)), TRY_CAST(b AS DATE), a::HUGEINT, a::UBIGINT, b::BLOB, b::UUID, b::JSON, b::INTEGER[], b::INTEGER[3], b::STRUCT(x INTEGER, y VARCHAR), b::MAP(VARCHAR, INTEGER), b::UNION(num INTEGER, str VARCHAR), b::ENUM('x', 'y'), b::TIMESTAMP_NS, b::TIMESTAMPTZ, b::BIT, b::TIME, b::INTERVAL, b::UTINYINT, b::FLOAT4, b::VARIANT FROM t
SELECT sum(a) FILTER (WHERE b > 1), count(*) FILTER (b > 1), list(a ORDER BY b), string_agg(b, ',' ORDER BY a), arg_max(a, b), arg_min(a, b, 3), quantile_cont(a, [0.25, 0.5]), approx_quantile(a, 0.5), mode(a), histogram(a), first(a ORDER BY b), any_value(a), max(a, 3), min_by(a, b), bitstring_agg(a), entropy(a), kurtosis(a), skewness(a), mad(a), product(a), geomean(a), fsum(a), favg(a), sem(a) FROM t
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a), mode() WITHIN GROUP (ORDER BY a), percentile_disc(0.5) WITHIN GROUP (ORDER BY a DESC) FROM t
SELECT a, lag(b) OVER w, sum(b) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES), last_value(b IGNORE NULLS) OVER w, count(DISTINCT b) OVER w FROM t WINDOW w AS (PARTITION BY a ORDER BY b)
SELECT grouping(a), grouping_id(a, b), sum(c) FROM t GROUP BY GROUPING SETS ((a), (a, b), ())
SELECT sum(c) FROM t GROUP BY ROLLUP (a, b)
SELECT sum(c) FROM t GROUP BY CUBE (a, b)
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT * FROM r
WITH RECURSIVE r(a, b) USING KEY (a) AS (SELECT 1, 2 UNION SELECT a + 1, b FROM r WHERE a < 5) SELECT * FROM r
WITH x AS MATERIALIZED (SELECT a FROM t) FROM x
SELECT a FROM t UNION BY NAME SELECT b FROM u
SELECT a FROM t UNION ALL BY NAME SELECT b FROM u
SELECT a FROM t EXCEPT ALL SELECT a FROM u
SELECT DISTINCT ON (a) a, b FROM t ORDER BY a
SELECT * FROM t ORDER BY a DESC NULLS LAST LIMIT 10 OFFSET 5
SELECT * FROM t LIMIT 10%
SELECT * FROM t, LATERAL (SELECT t.a + 1 AS z) l
SELECT date_trunc('month', c), date_part('year', c), extract(dow FROM c), c + INTERVAL 1 DAY, c + INTERVAL '2 months', c - c, age(c), strftime(c, '%Y-%m'), strptime(b, '%d/%m/%Y'), date_diff('day', c, c), datesub('month', c, c), make_date(2024, 1, 1), last_day(c), dayname(c), epoch(c), epoch_ms(c), to_timestamp(0), time_bucket(INTERVAL '1 week', c), century(c), c AT TIME ZONE 'UTC', to_days(3), today(), now(), current_date FROM t
SELECT DATE '2024-01-01', TIMESTAMP '2024-01-01', TIME '10:00', INTERVAL '1' YEAR, INTERVAL (a) DAY, TIMESTAMPTZ '2024-01-01 00:00+00' FROM t
SELECT json_extract(j, '$.a'), j->'$.a', j->>'$.a', json_extract_string(j, ['$.a', '$.b']), json_transform(j, '{"a":"INTEGER"}'), json_keys(j), json_structure(j), json_each(j), json_contains(j, '1'), to_json(t), json_group_array(a), json_object('a', 1), json_array(1), json_merge_patch(j, j), json_type(j), json_valid(b) FROM t
SELECT * FROM json_each('{"a":1}'), json_tree('{"a":1}')
SELECT regexp_matches(b, 'a'), regexp_extract(b, '(\d+)', 1), regexp_extract_all(b, 'a'), regexp_replace(b, 'a', 'b', 'g'), regexp_full_match(b, 'a'), regexp_split_to_array(b, ','), b ~ 'a', b !~ 'a', b SIMILAR TO 'a.*', b GLOB 'a*', b LIKE 'a%', b ILIKE 'A%', b ~~ 'a%', b !~~* 'x' FROM t
SELECT string_split(b, ','), str_split_regex(b, ','), split_part(b, ',', 1), concat_ws(',', a, b), format('{} {}', a, b), printf('%d', a), lpad(b, 5, '0'), strip_accents(b), levenshtein(b, 'x'), jaccard(b, 'x'), jaro_winkler_similarity(b, 'x'), bar(a, 0, 10, 5), md5(b), sha256(b), hash(b), base64(b::BLOB), to_base(a, 2), chr(65), unicode(b), translate(b, 'a', 'b'), b[1:3], b[1], array_slice(b, 1, 2), starts_with(b, 'a'), b ^@ 'a', prefix(b, 'a'), left(b, 2), url_encode(b), reverse(b), ord(b), trim(b, 'x'), instr(b, 'x'), contains(b, 'x'), nfc_normalize(b), format_bytes(1000), parse_path(b) FROM t
SELECT a // 2, a % 2, a ** 2, a ^ 2, a << 1, a & 1, xor(a, 1), ~a, -a FROM t
SELECT round(a, 2), round_even(a, 1), ceil(a), sqrt(a), cbrt(a), ln(a), log(a), log2(a), gcd(a, 2), factorial(5), isnan(a), greatest(a, 1), least(a, 1), nextafter(a, 1), setseed_x, random(), pi(), even(a), fmod(a, 2), bit_count(a), sign(a), trunc(a), gamma(a) FROM (SELECT 1 AS a, 1 AS setseed_x)
SELECT list_aggregate(l, 'sum'), list_sort(l, 'DESC', 'NULLS FIRST'), list_distinct(l), list_contains(l, 1), list_zip(l, l), flatten([l]), array_to_string(l, ','), list_has_any(l, l), list_position(l, 1), list_concat(l, l), l || l, len(l), list_slice(l, 1, 2), list_grade_up(l), array_cosine_similarity([1, 2]::FLOAT[2], [3, 4]::FLOAT[2]), list_cosine_similarity(l, l), list_where(l, [true]), list_select(l, [1]), l && l, l @> l, l <@ l, 1 = ANY (l), list_max(l), list_resize(l, 3, 0) FROM t
SELECT map_keys(m), map_values(m), map_entries(m), map_extract(m, 'k'), map_from_entries([('a', 1)]), map([1], ['a']), map_concat(m, m), cardinality(m), struct_pack(a := 1, b := 2), struct_insert(s, c := 3), row(1, 2), union_value(k := 1), union_tag(un), union_extract(un, 'k'), struct_keys(s), element_at(m, 'k') FROM t
SELECT t.* LIKE 'a%' FROM t
SELECT * LIKE 'a%' FROM t
SELECT * SIMILAR TO 'a.*' FROM t
SELECT a AS x, x + 1 AS y FROM t WHERE x > 1
SELECT b.upper().lower(), 'a'.concat('b') FROM t
SELECT 'a' COLLATE NOCASE = 'A', b COLLATE NOACCENT.NOCASE, b COLLATE de FROM t
SELECT a IS DISTINCT FROM 1, a IS NOT DISTINCT FROM 1, a BETWEEN 1 AND 2, a IN (1, 2), a IN [1, 2], a NOT IN (SELECT a FROM u), (a, b) IN (SELECT a, b FROM u), EXISTS (FROM u WHERE u.a = t.a), a = ANY (SELECT a FROM u), a > ALL (SELECT a FROM u), a ISNULL, a NOTNULL FROM t
SELECT 1_000_000, 1e5, $$x$$, E'a\n', '\xAA'::BLOB, 'x' 'y'
SELECT CASE WHEN a > 1 THEN 1 END, IF(a > 1, 1, 2), ifnull(a, 0), nullif(a, 1), coalesce(a, 0), CASE a WHEN 1 THEN 2 ELSE 3 END FROM t
SELECT arg_max(b, a) FILTER (WHERE a > 1) AS m, sum(DISTINCT a) FROM t HAVING sum(a) > 1
SELECT finalize(sum(a) EXPORT_STATE) FROM t
SELECT finalize(combine(s1, s2)) FROM (SELECT sum(a) EXPORT_STATE AS s1, sum(b) EXPORT_STATE AS s2 FROM t)
SELECT count(*) FROM t JOIN u ON t.a = u.a AND t.b LIKE u.b || '%'
SELECT * FROM t FULL OUTER JOIN u ON t.a = u.a
SELECT a, b FROM main.t, memory.main.u WHERE t.a = u.a
SELECT main.upper(b), pg_catalog.upper(b) FROM t
SUMMARIZE t
SELECT #1, #2 FROM t ORDER BY #1
SELECT rowid, a FROM t
SELECT st_astext(a), st_x(a), st_distance(a, a), ST_Point(1, 2), ST_Within(a, a), 'POINT(1 2)'::GEOMETRY FROM t
SELECT array_agg(a), group_concat(b), listagg(b, ','), count_if(a > 1), bool_or(a > 1), stddev(a), variance(a), corr(a, a), covar_samp(a, a), regr_slope(a, a), median(a), bit_xor(a), reservoir_quantile(a, 0.5), approx_count_distinct(a), sumKahan(a), arbitrary(a), wavg(a, a), list_sum([1]), array_unique([1]) FROM t
SELECT uuid(), gen_random_uuid(), uuidv7(), typeof(a), cast_to_type(a, b), can_cast_implicitly(a, 1), alias(a), vector_type(a), stats(a), enum_range(NULL::mood), enum_code('x'::mood), equi_width_bins(0, 10, 2, true), current_timestamp, localtime, get_current_timestamp(), try(1 / 0), error_x FROM (SELECT 1 AS a, 1 AS b, 1 AS error_x)
SELECT a FROM t WHERE a IN (FROM u SELECT a) LIMIT 5
SELECT count(*), a FROM t GROUP BY a HAVING count(*) > (SELECT avg(n) FROM (SELECT count(*) AS n FROM t GROUP BY a))
SELECT pg_typeof(a), typeof(b) FROM t
SELECT a, b, c FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY c DESC) = 1
PIVOT t ON b USING sum(c) GROUP BY a
PIVOT (SELECT a, b, c FROM t) ON b IN ('x', 'y') USING sum(c) AS s, count(*) AS n GROUP BY a
UNPIVOT t ON COLUMNS(* EXCLUDE (a)) INTO NAME mes VALUE valor
SELECT * EXCLUDE (a), COLUMNS('val.*') FROM t
SELECT * REPLACE (c / 100 AS c) FROM t
SELECT a, list(b ORDER BY c), list_filter(list(a), x -> x > 1), list_transform([1, 2], x -> x + 1), array_agg(b)[1:2], string_agg(b, ','), histogram(a), approx_quantile(c, 0.5), quantile_cont(c, [0.25, 0.75]), mode(b), arg_max(b, c), max_by(b, c), first(b), any_value(b) FROM t GROUP BY ALL ORDER BY ALL
SELECT date_trunc('week', c), strftime(c, '%d/%m/%Y'), strptime('2024-01-02', '%Y-%m-%d'), c + INTERVAL 3 MONTH, date_diff('day', c, today()), datepart('isodow', c), last_day(c), time_bucket(INTERVAL '15 minutes', c), epoch_ms(c), make_date(2024, 1, 1), age(c), monthname(c), extract('year' FROM c) FROM t
SELECT regexp_extract(b, '([0-9]+)', 1), regexp_matches(b, '^a'), regexp_replace(b, '\s+', ' ', 'g'), string_split(b, ','), b.upper().trim(), strip_accents(b), levenshtein(b, 'x'), jaro_winkler_similarity(b, 'x'), format('{:.2f}', c), printf('%d', a), contains(b, 'x'), b ILIKE '%x%', b SIMILAR TO 'a.*' FROM t
SELECT j -> '$.a', j ->> '$.b', json_extract_string(j, '$.c'), json_array_length(j), json_keys(j), struct_extract({'a': 1}, 'a'), {'x': a}.x, map(['k'], [1])['k'], unnest([1, 2, 3]) FROM t
SELECT * FROM t ASOF JOIN u ON t.a = u.a AND t.c >= u.c
SELECT t.a, x FROM t, LATERAL (SELECT max(u.c) AS x FROM u WHERE u.a = t.a)
SELECT * FROM t POSITIONAL JOIN u
SELECT * FROM t SEMI JOIN u USING (a)
SELECT * FROM t ANTI JOIN u ON t.a = u.a
SELECT a, sum(c) FROM t GROUP BY GROUPING SETS ((a), ()) HAVING sum(c) > 0 LIMIT 10%
SELECT a FROM t USING SAMPLE 10%
SELECT range AS i, count(t.a) FROM range(1, 13) LEFT JOIN t ON month(t.c) = i GROUP BY i
SELECT * FROM generate_series(DATE '2024-01-01', DATE '2024-12-31', INTERVAL 1 MONTH)
FROM t SELECT a, count(*) GROUP BY a
SELECT sum(c) FILTER (b = 'x'), count(*) FILTER (WHERE c > 1), sum(c) OVER (ORDER BY a RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW), avg(c) OVER (ORDER BY a ROWS 6 PRECEDING) FROM t
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) SELECT i FROM n
SELECT a AS x, x + 1 AS y FROM t WHERE y > 2
SELECT try_cast(b AS INTEGER), b::DATE, a // 2, a ** 2, 5 % 3, xor(a, 1), bit_count(a), hash(b), md5(b), sha256(b), coalesce(b, 'x'), ifnull(b, 'x'), if(a > 1, 'x', 'y'), a IS DISTINCT FROM b FROM t
SELECT [x * 2 FOR x IN [1, 2, 3] IF x > 1], list_aggregate([1, 2], 'sum'), list_sort([3, 1]), array_to_string(['a'], ','), len(b), b[1:3], b[-1]
SELECT summary.a FROM (SELECT a, stddev(c) AS s, kurtosis(c), skewness(c), entropy(b), corr(a, c), regr_r2(a, c), median(c), mad(c), product(a), bool_and(a > 1), count_if(c > 1), approx_count_distinct(b) FROM t GROUP BY a) AS summary
