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
SELECT strftime('%Y-%m', c) AS mes, count(*) FROM t WHERE date(c) >= date('now', '-1 year', 'start of month') GROUP BY mes
SELECT a, sum(c) OVER (PARTITION BY b ORDER BY a ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE NO OTHERS), lag(c) OVER w, ntile(4) OVER w FROM t WINDOW w AS (ORDER BY a)
SELECT a, total(c) FILTER (WHERE c > 0), group_concat(DISTINCT b), string_agg(b, ';' ORDER BY b) FROM t GROUP BY a
SELECT json_extract(j, '$.a[#-1]'), j ->> '$.b', j -> 'c', json_each.value FROM t, json_each(t.j, '$.itens') WHERE json_type(j) = 'object'
SELECT t.a, e.key, e.value FROM t JOIN json_tree(t.j) AS e WHERE e.type = 'integer'
WITH RECURSIVE d(dia) AS (SELECT date('2024-01-01') UNION ALL SELECT date(dia, '+1 day') FROM d WHERE dia < '2024-03-31') SELECT d.dia, count(t.a) FROM d LEFT JOIN t ON date(t.c) = d.dia GROUP BY d.dia
WITH RECURSIVE h(a, n) AS (SELECT a, 0 FROM t WHERE b IS NULL UNION SELECT t.a, h.n + 1 FROM t JOIN h ON t.b = h.a LIMIT 100) SELECT * FROM h
SELECT julianday('now') - julianday(c), unixepoch(c), timediff(c, '2024-01-01'), datetime(1700000000, 'unixepoch', 'localtime'), date(c, 'weekday 0', '-6 days') FROM t
SELECT a, iif(c > 10, 'alto', 'baixo'), ifnull(b, '-'), nullif(a, 0), coalesce(b, 'x'), typeof(c), cast(b AS INTEGER), b GLOB 'A*', b LIKE '%x!%%' ESCAPE '!', a IS NOT DISTINCT FROM b, a IS NOT b, b COLLATE NOCASE = 'x', instr(b, 'a'), substr(b, -3), replace(b, ' ', ''), printf('%05d|%.2f', a, c), trim(b, ' .'), round(c, 2), abs(c), a % 2, a << 1, ~a, hex(b), unicode(b), char(233), quote(b) FROM t
SELECT max(a, 1), min(a, b, 3), likely(a > 1), zeroblob(4), random() % 10, changes_total FROM (SELECT a, b, c AS changes_total FROM t)
SELECT a FROM t ORDER BY c DESC NULLS LAST LIMIT 5 OFFSET 10
SELECT a FROM t EXCEPT SELECT a FROM u UNION ALL SELECT a FROM v INTERSECT SELECT a FROM w
SELECT * FROM t LEFT JOIN u USING (a) FULL JOIN v ON v.a = t.a WHERE (t.a, t.b) IN (SELECT a, b FROM w)
SELECT b, count(*) * 100.0 / sum(count(*)) OVER () AS pct FROM t GROUP BY b HAVING count(*) > 1 ORDER BY 2 DESC
SELECT (SELECT avg(c) FROM u WHERE u.a = t.a) AS media, EXISTS (SELECT 1 FROM v WHERE v.a = t.a), CASE b WHEN 'x' THEN 1 ELSE 0 END FROM t WHERE rowid > 3
VALUES (1, 'a'), (2, 'b')
SELECT median(c), percentile(c, 90), sqrt(a), pow(a, 2), ln(a), log10(a), ceil(c), floor(c), trunc(c), mod(a, 3), sign(a), pi(), exp(1), radians(a), atan2(a, 1) FROM t
