SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, b DESC NULLS LAST
SELECT count(*) FILTER (WHERE a > 1) AS n, sum(b) FROM t GROUP BY GROUPING SETS ((a), (b), (a, b), ())
SELECT a, b, grouping(a, b), sum(c) FROM t GROUP BY ROLLUP (a, b)
SELECT a, sum(c) FROM t GROUP BY CUBE (a, b) HAVING sum(c) > 1
SELECT a, sum(c) FROM t GROUP BY DISTINCT ROLLUP (a, b), a
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a), percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY b), mode() WITHIN GROUP (ORDER BY c) FROM t
SELECT rank(3) WITHIN GROUP (ORDER BY a), dense_rank(3) WITHIN GROUP (ORDER BY a), percent_rank(3) WITHIN GROUP (ORDER BY a), cume_dist(3) WITHIN GROUP (ORDER BY a) FROM t
SELECT t.a, s.m FROM t CROSS JOIN LATERAL (SELECT max(b) AS m FROM u WHERE u.a = t.a) s
SELECT t.a, s.m FROM t LEFT JOIN LATERAL (SELECT b AS m FROM u WHERE u.a = t.a LIMIT 1) s ON true
SELECT a, row_number() OVER w, lag(b, 1) OVER w, sum(b) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t WINDOW w AS (PARTITION BY a ORDER BY b)
SELECT sum(a) OVER (ORDER BY b GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM t
SELECT first_value(a) OVER (ORDER BY b RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW EXCLUDE GROUP) FROM t
WITH RECURSIVE r(n, p) AS (SELECT 1, ARRAY[1] UNION ALL SELECT n + 1, p || (n + 1) FROM r WHERE n < 10) SELECT * FROM r
WITH RECURSIVE r AS (SELECT a, b FROM t UNION ALL SELECT t.a, t.b FROM t JOIN r ON t.b = r.a) SEARCH DEPTH FIRST BY a SET ord CYCLE a SET cyc USING pth SELECT * FROM r
WITH RECURSIVE r AS (SELECT a, b FROM t UNION ALL SELECT t.a, t.b FROM t JOIN r ON t.b = r.a) CYCLE a SET cyc TO true DEFAULT false USING pth SELECT * FROM r
WITH x AS MATERIALIZED (SELECT a FROM t), y AS NOT MATERIALIZED (SELECT a FROM x) SELECT * FROM y
SELECT * FROM t TABLESAMPLE BERNOULLI (10) REPEATABLE (42)
SELECT * FROM t TABLESAMPLE SYSTEM (5)
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, s)
VALUES (1, 2), (3, 4)
VALUES (1), (2) ORDER BY 1 LIMIT 1
TABLE t
SELECT * FROM t FETCH FIRST 5 ROWS ONLY
SELECT * FROM t ORDER BY a OFFSET 3 ROWS FETCH NEXT 5 ROWS WITH TIES
SELECT * FROM t ORDER BY a LIMIT ALL OFFSET 2
SELECT a FROM t INTERSECT ALL SELECT a FROM u
(SELECT a FROM t ORDER BY a LIMIT 1) UNION ALL (SELECT a FROM u ORDER BY a LIMIT 1)
SELECT a FROM t EXCEPT (SELECT a FROM u UNION SELECT 1)
SELECT c AT TIME ZONE 'America/Sao_Paulo' FROM t
SELECT timestamp '2024-01-01' + interval '1 month 2 days', date '2024-01-01' - 7, interval '1' year, interval '3' day * 2
SELECT interval '1-2' year to month, interval '4 5:12:10' day to second(2), time '10:00', timestamptz '2024-01-01 00:00+00'
SELECT extract(epoch FROM c), extract(isodow FROM c), date_part('year', c), date_trunc('month', c, 'UTC'), age(c, c), date_bin('15 minutes', c, timestamp '2001-01-01') FROM t
SELECT (c, c) OVERLAPS (c, interval '1 day') FROM t
SELECT '{"a": 1}'::jsonb -> 'a', '{"a": [1]}'::json #> '{a,0}', '{"a": 1}'::jsonb #>> '{a}', '{"a": 1}'::jsonb ->> 'a'
SELECT '{"a": 1}'::jsonb @> '{"a": 1}', '{"a": 1}'::jsonb <@ '{}', '{"a": 1}'::jsonb ? 'a', '{"a": 1}'::jsonb ?| ARRAY['a'], '{"a": 1}'::jsonb ?& ARRAY['a']
SELECT '{"a": 1}'::jsonb @? '$.a', '{"a": 1}'::jsonb @@ '$.a == 1', '{"a": 1}'::jsonb || '{"b": 2}', '{"a": 1}'::jsonb - 'a', '{"a": 1}'::jsonb #- '{a}'
SELECT JSON_VALUE(j, '$.a' RETURNING int DEFAULT 0 ON EMPTY ERROR ON ERROR) FROM t
SELECT JSON_VALUE(jsonb '{"a": 1}', 'strict $.a')
SELECT JSON_QUERY(j, '$.a[*]' WITH CONDITIONAL ARRAY WRAPPER) FROM t
SELECT JSON_QUERY(j, '$.a' RETURNING text OMIT QUOTES) FROM t
SELECT JSON_QUERY(j, '$.a' WITHOUT WRAPPER KEEP QUOTES EMPTY ARRAY ON EMPTY NULL ON ERROR) FROM t
SELECT JSON_EXISTS(j, '$.a ? (@ > $x)' PASSING 2 AS x TRUE ON ERROR) FROM t
SELECT JSON_OBJECT('a': 1, 'b': 2 ABSENT ON NULL RETURNING jsonb)
SELECT JSON_OBJECT('a' VALUE b WITH UNIQUE KEYS) FROM t
SELECT JSON_ARRAY(1, 'a', NULL NULL ON NULL), JSON_ARRAY(SELECT a FROM t ORDER BY 1)
SELECT JSON_OBJECTAGG(a: b ABSENT ON NULL), JSON_ARRAYAGG(a ORDER BY b RETURNING jsonb) FROM t
SELECT JSON('{"a": 1}'), JSON_SCALAR(1), JSON_SERIALIZE('{}' RETURNING text)
SELECT b IS JSON OBJECT WITH UNIQUE KEYS, b IS JSON ARRAY, b IS NOT JSON SCALAR FROM t
SELECT jt.* FROM t, JSON_TABLE(t.j, '$.items[*]' COLUMNS (id FOR ORDINALITY, sku text PATH '$.sku', n int PATH '$.n' DEFAULT 0 ON EMPTY, ok bool EXISTS PATH '$.ok', NESTED PATH '$.tags[*]' COLUMNS (tag text PATH '$'))) AS jt
SELECT * FROM JSON_TABLE(jsonb '[1,2]', '$[*]' AS root PASSING 1 AS x COLUMNS (v jsonb FORMAT JSON PATH '$' WITH WRAPPER) ERROR ON ERROR) AS jt
SELECT * FROM jsonb_to_recordset('[{"a":1}]') AS x(a int, b text)
SELECT * FROM json_to_record('{"a":1}') AS x(a int)
SELECT * FROM jsonb_each('{"a":1}'), jsonb_array_elements_text('[1]') WITH ORDINALITY AS e(v, n)
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS x(n, s, o)
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) AS u2(n, s)
SELECT generate_series(date '2024-01-01', date '2024-03-01', interval '1 month')::date
SELECT ARRAY[1, 2, 3], ARRAY[[1, 2], [3, 4]], ARRAY(SELECT a FROM t), (ARRAY[1, 2, 3])[2], (ARRAY[1, 2, 3])[1:2], (ARRAY[1, 2, 3])[:2]
SELECT a = ANY (ARRAY[1, 2]), a <> ALL (ARRAY[1, 2]), a = SOME (SELECT a FROM u), ARRAY[1] && ARRAY[1, 2], ARRAY[1] @> ARRAY[1], 1 = ANY ('{1,2}'::int[]) FROM t
SELECT array_fill(0, ARRAY[3]), array_position(ARRAY[1, 2], 2), array_remove(ARRAY[1], 1), cardinality(ARRAY[1]), array_agg(DISTINCT a ORDER BY a) FROM t
SELECT array_to_string(array_agg(b ORDER BY a), ','), string_agg(b, ', ' ORDER BY a DESC) FROM t
SELECT int4range(1, 10) @> 5, int4range(1, 10) * int4range(5, 15), int4range(1, 5) -|- int4range(5, 9), '[2024-01-01,2024-02-01)'::daterange && daterange('2024-01-15', NULL), numrange(1.5, 2.5) << numrange(3, 4)
SELECT range_agg(int4range(a, a + 1)), lower(int4range(1, 2)), upper_inf(int4range(1, NULL)), nummultirange(numrange(1, 2), numrange(3, 4)) FROM t
SELECT to_tsvector('portuguese', b) @@ to_tsquery('portuguese', 'casa & azul'), ts_rank(to_tsvector(b), plainto_tsquery('x')), ts_headline('english', b, websearch_to_tsquery('"a b" -c')) FROM t
SELECT setweight(to_tsvector('a'), 'A') || to_tsvector('b'), numnode('a & b'::tsquery), 'a b'::tsvector @@ 'a <-> b'::tsquery, phraseto_tsquery('a b'), tsvector_to_array('a b'::tsvector)
SELECT point(1, 2) <-> point(3, 4), box '((0,0),(1,1))' @> point '(0.5,0.5)', circle '((0,0),1)' && circle '((1,1),1)', area(box '((0,0),(1,1))'), lseg '((0,0),(1,1))' <-> point '(1,0)', polygon '((0,0),(1,0),(1,1))' && polygon '((0,0),(1,0),(1,1))'
SELECT b ~ '^a', b ~* 'x', b !~ 'y', b !~* 'z', b LIKE 'a%' ESCAPE '!', b ILIKE ANY (ARRAY['a%', 'b%']), b SIMILAR TO '(a|b)%', b NOT SIMILAR TO 'x' ESCAPE '\' FROM t
SELECT regexp_match(b, '(\d+)'), regexp_matches(b, 'a', 'g'), regexp_replace(b, 'a', 'b', 1, 2, 'i'), regexp_split_to_array(b, '\s+'), regexp_count(b, 'a'), regexp_like(b, 'a', 'i'), regexp_substr(b, 'a'), regexp_instr(b, 'a') FROM t
SELECT substring(b FROM 1 FOR 3), substring(b FROM 'a(.*)b'), overlay(b PLACING 'x' FROM 2 FOR 1), position('a' IN b), trim(BOTH 'x' FROM b), trim(LEADING FROM b), trim(b) FROM t
SELECT 'a' COLLATE "C" < 'B' COLLATE "pt_BR", b COLLATE "und-x-icu", b COLLATE pg_catalog."default" FROM t
SELECT E'a\nb', $$it's$$, $tag$a $$ b$tag$, B'101', X'1F', 1e3, 1_000, 0x1F, 0b101, 0o17
SELECT a::int2, a::numeric(10, 2), b::varchar(3), b::char(2), c::date, c::timestamptz(3), b::bytea, b::uuid, b::inet, b::cidr, b::macaddr, b::money, b::bit(3), b::json, b::jsonb, b::text[], b::int[][], b::regclass, b::point FROM t
SELECT CAST(a AS double precision), CAST(b AS time without time zone), CAST(c AS timestamp(0) with time zone), a::float8, a::real, a::"char", a::name, a::oid, a::pg_catalog.int4, CAST(b AS character varying(10)), int '1', float8 '1.5' FROM t
SELECT (r).a, (r).*, ROW(1, 2) = ROW(1, 2), ROW(a, b) IS NOT NULL, (SELECT r FROM (SELECT a, b) r) FROM (SELECT t AS r FROM t) s
SELECT t.*, t.ctid, t.tableoid::int, t.xmin FROM t
SELECT a FROM ONLY t
SELECT * FROM t NATURAL FULL OUTER JOIN u
SELECT * FROM t AS x (p, q, r) WHERE p > 1
SELECT a IS DISTINCT FROM b, a IS NOT DISTINCT FROM b, a IS UNKNOWN, (a > 1) IS NOT TRUE, a ISNULL, a NOTNULL, a BETWEEN SYMMETRIC 5 AND 1, a NOT BETWEEN 1 AND 2, b IS NORMALIZED, b IS NFC NORMALIZED FROM t
SELECT a % 2, a ^ 2, a # 3, ~a, a << 1, a >> 1, a & 1, a | 1, -a, +a FROM t
SELECT 2 OPERATOR(pg_catalog.+) 3
SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, nullif(a, 1), coalesce(a, 0), greatest(a, 1), least(a, 1), num_nulls(a, b), num_nonnulls(a) FROM t
SELECT exists(SELECT 1 FROM u WHERE u.a = t.a), a IN (SELECT a FROM u), (a, b) IN ((1, 2), (3, 4)), (a, b) < (1, 2), (SELECT 1) FROM t
SELECT md5('a'), sha256('a'), sha512('a'), encode(sha224('a'), 'hex'), decode('YQ==', 'base64'), digest('a', 'sha256'), hmac('a', 'k', 'md5'), crc32('a')
SELECT gen_random_uuid(), uuidv7(), uuid_generate_v4(), uuid_extract_timestamp(b::uuid) FROM t
SELECT host(inet '10.0.0.1/8'), network('10.0.0.1/8'), inet '10.0.0.1' << inet '10.0.0.0/8', masklen('10.0.0.1/8'), broadcast('10.0.0.1/8'), family('::1'), set_masklen(inet '10.0.0.1', 16), abbrev(cidr '10.1.0.0/16')
SELECT corr(a, b), covar_pop(a, b), regr_slope(a, b), regr_r2(a, b), stddev_samp(a), var_pop(a), bool_and(a > 1), every(a > 1), bit_or(a), any_value(a) FROM t
SELECT width_bucket(a, 0, 10, 5), div(a, 2), mod(a, 2), gcd(a, 2), lcm(a, 2), factorial(5), scale(1.50), trim_scale(1.50), cbrt(a), sinh(a), atan2d(a, 1), erf(a), gamma(a), log(2, 8), trunc(a, 2), sign(a), random(1, 10), random_normal() FROM t
SELECT to_char(c, 'YYYY-MM-DD HH24:MI'), to_char(a, 'FM999G999D00'), to_date(b, 'DD/MM/YYYY'), to_timestamp(b, 'YYYY'), to_timestamp(0), to_number('1,5', '9D9'), make_date(2024, 1, 1), make_interval(days => 3), make_timestamptz(2024, 1, 1, 0, 0, 0), justify_interval('1 mon -1 hour') FROM t
SELECT format('%s %I %L %1$s', a, b, c), concat_ws(',', a, b), quote_ident(b), initcap(b), left(b, -1), lpad(b, 5, '0'), repeat('a', 3), reverse(b), split_part(b, ',', -1), starts_with(b, 'a'), translate(b, 'a', 'b'), to_hex(a), ascii(b), chr(65), btrim(b), unistr('\0061'), string_to_table(b, ','), casefold(b), normalize(b, NFC), b ^@ 'a' FROM t
SELECT concat(VARIADIC ARRAY['a', 'b']), jsonb_build_object(VARIADIC ARRAY['a', 'b'])
SELECT pg_catalog.now(), pg_catalog.upper(b), pg_catalog.count(*), pg_catalog.date_part('year', c) FROM t GROUP BY b, c
SELECT xpath('/a/text()', '<a>1</a>'::xml), xpath_exists('/a', b::xml), xmlelement(name x, xmlattributes(a AS id), b), xmlforest(a, b AS c), xmlagg(xmlelement(name y, a)), xmlconcat('<a/>', '<b/>'), xmlcomment('x'), xml_is_well_formed(b), xmlexists('/a' PASSING b::xml), xmlparse(CONTENT '<a/>'), xmlserialize(CONTENT '<a/>'::xml AS text), xmlpi(name x, 'y') FROM t GROUP BY a, b
SELECT * FROM XMLTABLE('/r/i' PASSING '<r><i id="1"/></r>'::xml COLUMNS id int PATH '@id', n FOR ORDINALITY, s text PATH 'x' DEFAULT 'z' NOT NULL)
SELECT similarity(b, 'x'), b % 'x', word_similarity('a', b), levenshtein(b, 'x'), soundex(b), metaphone(b, 4), unaccent(b), daitch_mokotoff(b), show_trgm(b) FROM t
SELECT 'a=>1'::hstore -> 'a', akeys('a=>1'), hstore_to_json('a=>1'), hstore('a', '1') || hstore('b', '2'), 'Top.Science'::ltree ~ '*.Science', nlevel('a.b'), subpath('a.b', 0, 1), '[1,2]'::vector <-> '[3,4]', cosine_distance('[1]', '[2]'), l2_distance('[1]', '[2]')
SELECT ST_Distance(a, b), ST_AsText(a), ST_Within(a, b), ST_MakePoint(1, 2), ST_SetSRID(ST_Point(1, 2), 4326)::geography, ST_Buffer(a, 1), ST_Area(a), ST_X(a), ST_AsGeoJSON(a), ST_Transform(a, 3857), ST_DWithin(a, b, 10), a && b, a <-> b FROM t
SELECT int4pl(1, 2), textcat('a', 'b'), float8mul(1, 2), texteq('a', 'b'), numeric_add(1, 2), jsonb_concat('{}', '{}'), date_mi(c::date, c::date), hashtextextended('a', 0), array_to_tsvector(ARRAY['a'])
SELECT current_date, current_time, current_timestamp(3), localtime, localtimestamp(0), now(), clock_timestamp(), statement_timestamp(), timeofday(), transaction_timestamp()
SELECT jsonb_path_query('{"a":[1,2]}', '$.a[*] ? (@ > 1)'), jsonb_set('{}', '{a}', '1', true), jsonb_pretty(j), jsonb_strip_nulls(j), row_to_json(t), to_jsonb(t.*), jsonb_object_agg(a, b), json_build_array(1, 'a'), jsonb_populate_record(NULL::t, '{}'), j['a']['b'] FROM t GROUP BY t.*, j
SELECT a, b, c FROM t WHERE a IN (SELECT unnest(ARRAY[1, 2])) AND b LIKE ANY ('{a%,b%}') ORDER BY 1 ASC NULLS FIRST, b COLLATE "C" DESC
SELECT sum(a) FILTER (WHERE b = 'x') OVER (PARTITION BY c), nth_value(a, 2) OVER (ORDER BY b), ntile(4) OVER (), percent_rank() OVER (ORDER BY a) FROM t
SELECT t.a AS "select", b "from", c AS value, a AS "Año", 1 AS "a""b" FROM t
SELECT a /* c1 /* nested */ c2 */ , b -- tail
SELECT tstzrange(now(), NULL, '[)'), daterange(current_date, current_date + 7) @> current_date, isempty('empty'::int4range), multirange(int4range(1, 2)), unnest('{[1,2),[3,4)}'::int4multirange)
SELECT crosstab_hash, connectby_x FROM (SELECT 1 AS crosstab_hash, 2 AS connectby_x) s
SELECT merge_action IS NULL FROM (SELECT 1 AS merge_action) s
SELECT enum_range(NULL::mood), enum_first('a'::mood), 'happy'::mood < 'sad'::mood, 'x'::public.mood
SELECT a FROM t WHERE (a, b) = (SELECT a, b FROM u LIMIT 1) AND ROW(a, b) <> ALL (SELECT a, b FROM u)
SELECT count(DISTINCT (a, b)), count(t), count(t.*), count(*) FROM t
SELECT min(a) AS "Mínimo", max(a) - min(a) AS amplitude FROM t HAVING count(*) > 0
SELECT lower(b) = lower('X') AND NOT (a > 1 OR c IS NULL) IS TRUE FROM t
SELECT a FROM t, u, LATERAL unnest(ARRAY[t.a, u.a]) AS z(v) WHERE t.a = u.a
SELECT bit_count(B'101'), get_bit(B'101', 0), set_bit(B'101', 0, 0), get_byte('a'::bytea, 0), 'a'::bytea || 'b', length('a'::bytea, 'UTF8'), bit_length('a'), octet_length('a'), convert_from('a', 'UTF8'), to_bin(5), to_oct(8), '\x4142'::bytea
SELECT isfinite(c), extract(millennium FROM c), c::date - date '2000-01-01', c + '1 day'::interval, c - c, now() - interval '7 days', date_add(c, '1 day'::interval), date '2024-01-01' + time '10:00', timezone('UTC', c) FROM t
SELECT count(*) FROM t WHERE c >= date_trunc('quarter', current_date - interval '3 months') AND c < date_trunc('quarter', current_date)
SELECT a, avg(c) OVER (PARTITION BY b ORDER BY a RANGE BETWEEN INTERVAL '7 days' PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM t
SELECT a, first_value(b) OVER (ORDER BY a GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES), nth_value(b, 2) OVER (ORDER BY a), ntile(4) OVER (ORDER BY a), cume_dist() OVER (ORDER BY a), percent_rank() OVER (ORDER BY a) FROM t
SELECT a, b, sum(c), grouping(a, b) FROM t GROUP BY GROUPING SETS ((a, b), (a), ()) HAVING count(*) > 0 ORDER BY grouping(a, b), 3 DESC NULLS LAST
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY c) FROM t
SELECT mode() WITHIN GROUP (ORDER BY b), percentile_disc(0.9) WITHIN GROUP (ORDER BY c) FILTER (WHERE a > 1) FROM t
SELECT t.a, x.top FROM t LEFT JOIN LATERAL (SELECT max(u.c) AS top FROM u WHERE u.a = t.a) x ON true
SELECT t.a, e.key, e.value FROM t CROSS JOIN LATERAL jsonb_each_text(t.j) AS e(key, value)
SELECT j -> 'itens' -> 0 ->> 'nome', j #>> '{a,b}', j @> '{"a": 1}', j ? 'a', j ?| ARRAY['a', 'b'], jsonb_path_query_first(j, '$.a[*] ? (@ > 1)') FROM t
SELECT jsonb_agg(jsonb_build_object('a', a, 'b', b) ORDER BY a) FILTER (WHERE b IS NOT NULL) FROM t
SELECT x.id, x.nome FROM t, jsonb_to_recordset(t.j) AS x(id int, nome text)
SELECT date_trunc('month', c)::date AS mes, count(*) FROM t WHERE c >= now() - INTERVAL '1 year' GROUP BY 1 ORDER BY 1
SELECT extract(isodow FROM c), extract(epoch FROM c - lag(c) OVER (ORDER BY c)), date_part('quarter', c), age(c), make_date(2024, 1, 31) + INTERVAL '1 mon', to_char(c, 'TMMonth YYYY'), c AT TIME ZONE 'America/Sao_Paulo' FROM t
SELECT date_bin('15 minutes', c, TIMESTAMP '2001-01-01') AS faixa, count(*) FROM t GROUP BY faixa
SELECT d::date, coalesce(sum(t.a), 0) FROM generate_series('2024-01-01'::date, '2024-12-31'::date, '1 day') AS d LEFT JOIN t ON t.c::date = d GROUP BY d
SELECT regexp_replace(b, '[^0-9]', '', 'g'), substring(b FROM '([0-9]+)'), (regexp_match(b, '(\w+)@(\w+)'))[1], regexp_split_to_array(b, '\s+'), b ~* '^maria', regexp_count(b, 'a') FROM t
SELECT unaccent(lower(b)), similarity(b, 'joao'), b % 'joao', position('a' IN b), overlay(b PLACING 'x' FROM 2 FOR 1), trim(BOTH 'x' FROM b) FROM t
WITH RECURSIVE arvore AS (SELECT a, b, 1 AS nivel, ARRAY[a] AS caminho FROM t WHERE b IS NULL UNION ALL SELECT t.a, t.b, n.nivel + 1, n.caminho || t.a FROM t JOIN arvore n ON t.b = n.a WHERE NOT t.a = ANY(n.caminho)) SELECT * FROM arvore
WITH RECURSIVE meses(m) AS (SELECT DATE '2024-01-01' UNION ALL SELECT (m + INTERVAL '1 month')::date FROM meses WHERE m < DATE '2024-12-01') SELECT m FROM meses
SELECT DISTINCT ON (a) a, b, c FROM t ORDER BY a, c DESC
SELECT array_length(ARRAY[1, 2, 3], 1), (ARRAY[1, 2, 3])[1:2], 2 = ANY(ARRAY[1, 2]), ARRAY(SELECT a FROM t ORDER BY a), cardinality(ARRAY[1, 2]), array_position(ARRAY['a', 'b'], 'b'), unnest(ARRAY[1, 2])
SELECT a, count(*) FILTER (WHERE c > 10) AS altos, round(100.0 * count(*) FILTER (WHERE c > 10) / nullif(count(*), 0), 2) AS pct FROM t GROUP BY a
SELECT * FROM t WHERE (a, b) IN (SELECT a, b FROM u) AND EXISTS (SELECT 1 FROM v WHERE v.a = t.a) AND a NOT IN (1, 2)
SELECT a FROM t EXCEPT SELECT a FROM u INTERSECT ALL SELECT a FROM v ORDER BY 1 FETCH FIRST 10 ROWS WITH TIES
SELECT * FROM t ORDER BY c DESC OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY
SELECT * FROM (VALUES (1, 'um'), (2, 'dois')) AS n(id, nome) JOIN t ON t.a = n.id
SELECT to_tsvector('portuguese', b) @@ plainto_tsquery('portuguese', 'vendas'), ts_rank(to_tsvector('simple', b), to_tsquery('a & b')) FROM t
SELECT width_bucket(c, 0, 100, 10) AS faixa, count(*), min(c), max(c), stddev_samp(c), var_pop(c), corr(a, c), regr_slope(c, a), bool_or(a > 1), every(a > 0), bit_and(a), string_agg(DISTINCT b, ';') FROM t GROUP BY 1
SELECT CASE WHEN c BETWEEN 0 AND 10 THEN 'baixo' WHEN c > 10 THEN 'alto' ELSE 'nulo' END AS faixa, count(*) FROM t GROUP BY 1
SELECT a, b, c FROM t TABLESAMPLE SYSTEM (10) REPEATABLE (42)
SELECT daterange('2024-01-01', '2024-02-01') @> c::date, tsrange(c, c + '1 day') && tsrange('2024-01-01', '2024-02-01'), int4range(1, 5) * int4range(3, 8), lower(int4range(1, 5)) FROM t
SELECT encode(sha256(b::bytea), 'hex'), md5(b), gen_random_uuid() IS NOT NULL, num_nonnulls(a, b), greatest(a, 1), least(a, 1), a::numeric(10, 2), to_number(b, '9G999D99') FROM t
SELECT t.*, row_to_json(u) FROM t NATURAL JOIN u
WITH m AS MATERIALIZED (SELECT a FROM t), n AS NOT MATERIALIZED (SELECT a FROM u) SELECT * FROM m FULL OUTER JOIN n USING (a)
