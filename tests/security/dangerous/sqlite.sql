ATTACH '/tmp/x.db' AS x
DETACH main
VACUUM INTO '/tmp/x'
PRAGMA writable_schema = 1
PRAGMA query_only(0)
SELECT * FROM pragma_table_info('t')
SELECT * FROM pragma_database_list
SELECT load_extension('x.so')
SELECT load_extension('x.so', 'init')
SELECT fts3_tokenizer('simple', x'00')
SELECT fts5(NULL)
SELECT readfile('/etc/passwd'), writefile('/tmp/x', 'y'), edit('x')
SELECT * FROM fsdir('/')
SELECT * FROM zipfile('/tmp/x.zip')
SELECT * FROM sqlite_master
SELECT sql FROM sqlite_schema
SELECT * FROM main.sqlite_temp_master
SELECT * FROM sqlite_stat1
SELECT * FROM sqlite_dbpage
SELECT * FROM bytecode('SELECT 1')
SELECT * FROM tables_used('SELECT 1')
SELECT * FROM sqlite_stmt
SELECT * FROM dbstat
CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd')
CREATE TEMP VIEW t AS SELECT 1
REPLACE INTO t VALUES (1)
INSERT OR REPLACE INTO t VALUES (1) RETURNING *
UPDATE t SET a = 1 RETURNING a
REINDEX
ANALYZE
SAVEPOINT x
BEGIN IMMEDIATE
ROLLBACK
EXPLAIN QUERY PLAN SELECT * FROM t
SELECT sqlite_compileoption_get(1), sqlite_source_id(), sqlite_version()
SELECT last_insert_rowid(), changes(), total_changes()
SELECT zeroblob(1000000000)
SELECT hex(zeroblob(500000000))
SELECT replace(hex(zeroblob(1000000)), '00', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')
SELECT printf('%1000000000d', 1)
SELECT printf('%.*c', 100000000, 'x')
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n
WITH RECURSIVE n(x) AS (VALUES ('a') UNION ALL SELECT x || x FROM n WHERE length(x) < 1000000000) SELECT length(x) FROM n
SELECT * FROM generate_series(1, 10000000000)
SELECT t1.a FROM t t1, t t2, t t3
SELECT * FROM temp.t
SELECT 1 IN sqlite_master
SELECT * FROM (SELECT * FROM (SELECT * FROM segredo))
SELECT * FROM t WHERE a = (SELECT group_concat(sql) FROM sqlite_master)
SELECT ?1, :x, @y, $z
.shell id
SELECT 1; ATTACH 'x' AS y
SELECT eval('DELETE FROM t'), sha3_query('SELECT 1'), carray(1, 2)
SELECT snippet(t), matchinfo(t), offsets(t), highlight(t, 0, 'a', 'b'), bm25(t) FROM t
SELECT rtreecheck('x'), rtreenode(2, x'00'), geopoly_debug(1)
SELECT uint(1), decimal_sum(a), sqlite_log('x'), sqlite_offset(a) FROM t
