SELECT DISTINCT a, b FROM t ORDER BY 1, b COLLATE NOCASE DESC NULLS LAST LIMIT 5 OFFSET 2
SELECT a, sum(b) FILTER (WHERE c > 1), group_concat(b, '; '), string_agg(b, ','), total(a), avg(DISTINCT a) FROM t GROUP BY a HAVING count(*) > 1
SELECT row_number() OVER w, ntile(2) OVER w, lag(a, 1, 0) OVER w, sum(a) OVER (w ROWS UNBOUNDED PRECEDING), nth_value(a, 2) OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY c)
SELECT sum(a) OVER (ORDER BY b GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING EXCLUDE GROUP), max(a) OVER (ORDER BY b RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE NO OTHERS) FROM t
WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT n FROM r
WITH RECURSIVE d(x) AS (SELECT date('2024-01-01') UNION ALL SELECT date(x, '+1 day') FROM d WHERE x < '2024-02-01') SELECT x FROM d
WITH x AS NOT MATERIALIZED (SELECT a FROM t), y(z) AS MATERIALIZED (SELECT a FROM x) SELECT z FROM y
VALUES (1, 'a'), (2, 'b')
SELECT * FROM t AS x JOIN u AS y USING (a) LEFT JOIN t AS z ON z.a = y.a NATURAL JOIN u
SELECT * FROM t FULL JOIN u ON t.a = u.a
SELECT a FROM t INDEXED BY i WHERE a = 1
SELECT a FROM t NOT INDEXED
SELECT a FROM t UNION ALL SELECT a FROM u INTERSECT SELECT 1 EXCEPT SELECT 2 ORDER BY 1
SELECT json_extract(j, '$.a', '$.b'), j -> 'a', j ->> '$.a[0]', json_array(1, 'a'), json_object('a', 1), json_group_array(a), json_group_object(b, a), json_type(j, '$.a'), json_valid(j, 6), json_set(j, '$.a', json('[1]')), json_patch(j, j), json_array_length(j), jsonb(j), json_quote(b), json_pretty(j), json_error_position(b), json_group_array(a ORDER BY b) FROM t GROUP BY j
SELECT e.key, e.value, e.type, e.fullkey FROM t, json_each(t.j, '$.items') AS e
SELECT value FROM t JOIN json_tree(t.j) ON t.a = json_tree.id
SELECT date('now'), datetime(c, 'start of month', '+1 month', '-1 day'), strftime('%Y-%m', c), julianday(c), unixepoch('now', 'subsec'), time(c), timediff(c, '2020-01-01'), date(c, 'weekday 0', 'localtime'), strftime('%W', c) FROM t
SELECT abs(a), round(a, 2), ceil(a), floor(a), sqrt(a), power(a, 2), mod(a, 2), ln(a), log(10, a), exp(a), pi(), sign(a), trunc(a), degrees(a), atan2(a, 1), log2(a), min(a, 1), max(a, b) FROM t
SELECT substr(b, 1, 3), substring(b, 2), replace(b, 'a', 'b'), upper(b), trim(b, 'x'), ltrim(b), instr(b, 'a'), length(b), char(65), unicode(b), hex(b), quote(b), printf('%.2f', a), format('%,d', a), concat(a, b), concat_ws('-', a, b), octet_length(b), unhex('41'), soundex(b), glob('a*', b), like('a%', b) FROM t
SELECT CAST(a AS TEXT), CAST(b AS REAL), CAST(b AS NUMERIC), CAST(a AS DECIMAL(10, 2)), CAST(b AS BLOB), CAST(b AS VARCHAR(10)), CAST(a AS INT), CAST(a AS BIGINT), CAST(a AS DOUBLE PRECISION), CAST(b AS DATE), CAST(a AS BOOLEAN), CAST(b AS DATETIME) FROM t
SELECT a IS NULL, a ISNULL, a NOTNULL, a NOT NULL, a IS NOT 1, a IS DISTINCT FROM 1, a == 1, a <> 1, a != 1, a <= 1, a IN (1, 2), a NOT IN (SELECT a FROM u), (a, b) = (1, 'x'), (a, b) IN (SELECT a, b FROM u), b LIKE 'a\_%' ESCAPE '\', b GLOB 'a*', b NOT LIKE 'x', a BETWEEN 1 AND 2, NOT a, a IS TRUE, EXISTS (SELECT 1) FROM t
SELECT a || b, a % 2, a << 1, a & 1, a | 2, ~a, -a, +a, a / 2.0, x'41', 1e3, .5, 0x1F, 1_000, 'it''s', "b", [b], `b` FROM t
SELECT CASE WHEN a THEN 1 ELSE 2 END, iif(a, 1, 2), if(a, 1, 2), coalesce(a, 1), ifnull(a, 1), nullif(a, 1), likely(a), unlikely(a), likelihood(a, 0.5), typeof(a) FROM t
SELECT * FROM (SELECT a AS x FROM t WHERE b = 'x' LIMIT 10) AS s WHERE x > 1
SELECT t.*, u.a AS "u a" FROM main.t, u WHERE t.a = u.a
SELECT rowid, _rowid_, oid, * FROM t WHERE rowid > 1
SELECT first_value(a) OVER (PARTITION BY b ORDER BY c DESC), percent_rank() OVER (ORDER BY a), cume_dist() OVER (ORDER BY a), dense_rank() OVER (ORDER BY a) FROM t
SELECT percentile(a, 50), median(a), percentile_cont(a, 0.5), percentile_disc(a, 0.5) FROM t
SELECT median(a) FROM t
SELECT sum(a) / NULLIF(count(*), 0) * 100.0 AS pct FROM t
SELECT (SELECT count(*) FROM u WHERE u.a = t.a) AS n FROM t ORDER BY n DESC LIMIT 5
SELECT date(c) AS dia, count(*) FROM t WHERE c BETWEEN date('now', '-7 days') AND date('now') GROUP BY dia
SELECT a FROM t ORDER BY random() LIMIT 1
SELECT group_concat(DISTINCT b), max(length(b)), count(DISTINCT a) FROM t
SELECT b AS 'com aspas', a 'x' FROM t
SELECT * FROM generate_series(1, 10)
SELECT value FROM generate_series(1, 10, 2) WHERE value > 3
SELECT current_date, current_time, current_timestamp, changes_x, total_changes_x FROM (SELECT 1 AS changes_x, 2 AS total_changes_x)
SELECT sum(a) OVER () AS s FROM t LIMIT -1 OFFSET 3
SELECT b COLLATE RTRIM = 'x', b COLLATE BINARY FROM t
SELECT subtype_x FROM (SELECT 1 AS subtype_x)
SELECT regexp_replace(b, 'a', 'b'), b REGEXP '^a' FROM t
