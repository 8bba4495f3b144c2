SELECT pg_read_file('/etc/passwd')
SELECT pg_read_binary_file('postgresql.conf', 0, 100)
SELECT "pg_read_file"('/etc/passwd')
SELECT pg_catalog."pg_ls_dir"('.')
SELECT (pg_stat_file('/etc/passwd')).size
SELECT * FROM pg_ls_logdir()
SELECT * FROM pg_ls_waldir() AS w(a, b, c)
SELECT lo_import('/etc/passwd')
SELECT lo_export(16384, '/tmp/x')
SELECT lo_get(16384), lo_create(0)
SELECT lo_from_bytea(0, 'x'::bytea)
SELECT loread(lo_open(1, 262144), 100)
SELECT pg_sleep_for('5 minutes')
SELECT pg_sleep_until('tomorrow 03:00')
SELECT a FROM t WHERE a = (SELECT 1 FROM pg_sleep(10))
SELECT CASE WHEN a > 0 THEN pg_sleep(5) END FROM t
SELECT * FROM dblink('host=10.0.0.1', 'SELECT 1') AS x(a int)
SELECT dblink_connect('c', 'host=/var/run/postgresql')
SELECT * FROM t, dblink_exec('c', 'DROP TABLE t') AS q
SELECT query_to_xml('DELETE FROM t', true, false, '')
SELECT table_to_xml('pg_shadow', true, false, '')
SELECT cursor_to_xml('c', 1, false, true, '')
SELECT ts_stat('SELECT to_tsvector(rolpassword) FROM pg_authid')
SELECT usename, passwd FROM pg_shadow
SELECT rolname, rolpassword FROM pg_catalog.pg_authid
SELECT * FROM pg_stat_activity
SELECT query FROM pg_stat_statements
SELECT * FROM information_schema.role_table_grants
SELECT srvoptions, umoptions FROM pg_user_mappings
SELECT prosrc FROM pg_proc
SELECT set_config('search_path', 'x', false)
SELECT current_setting('data_directory')
SET ROLE postgres
SET LOCAL statement_timeout = 0
RESET ALL
SHOW ALL
COPY t TO PROGRAM 'id'
COPY (SELECT * FROM t) TO '/tmp/x'
DO $$ BEGIN DELETE FROM t; END $$
CALL limpa()
SELECT nextval('t_id_seq'), setval('t_id_seq', 1)
SELECT pg_advisory_lock(1)
SELECT pg_try_advisory_xact_lock(1, 2)
SELECT * FROM t FOR NO KEY UPDATE SKIP LOCKED
SELECT * FROM t FOR SHARE OF t
LOCK TABLE t IN EXCLUSIVE MODE
SELECT pg_terminate_backend(1), pg_cancel_backend(1)
SELECT pg_reload_conf()
SELECT pg_switch_wal()
SELECT pg_create_restore_point('x')
SELECT pg_logical_emit_message(false, 'a', 'b')
SELECT pg_replication_origin_create('x')
SELECT pg_notify('canal', 'x')
NOTIFY canal, 'x'
LISTEN canal
SELECT 1; DROP TABLE t
SELECT 1;;COMMIT;DELETE FROM t
SELECT $$x$$; DELETE FROM t
WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT * FROM x
WITH x AS (INSERT INTO t VALUES (1) RETURNING *), y AS (SELECT 1) SELECT * FROM y
WITH x AS (MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE RETURNING *) SELECT * FROM x
SELECT * INTO TEMP x FROM t
CREATE TABLE x AS SELECT * FROM t
EXPLAIN ANALYZE DELETE FROM t
PREPARE p AS DELETE FROM t
EXECUTE p
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t
TABLE pg_shadow
SELECT * FROM ONLY segredo
SELECT has_table_privilege('pg_authid', 'select')
SELECT repeat('x', 1000000000)
SELECT array_fill(0, ARRAY[100000000])
SELECT count(*) FROM generate_series(1, 100000000000)
SELECT lpad('x', 900000000, 'y')
SELECT regexp_replace(repeat('a', 30000000), '(a+)+$', 'x')
SELECT t1.a FROM t t1, t t2, t t3, t t4
SELECT inet_server_addr(), version(), current_user, session_user
SELECT U&'\0061' UESCAPE '!', U&"t" FROM t
SELECT a FROM t WHERE a = $1
SELECT a \gexec
SELECT xpath('/a', xmlparse(document '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'))
SELECT pg_get_viewdef('v'), pg_get_functiondef(1)
SELECT txid_current(), pg_current_xact_id(), pg_export_snapshot()
SELECT crosstab('SELECT 1')
SELECT http_get('http://10.0.0.1/')
SELECT * FROM pg_file_write('/tmp/x', 'y', false)
SELECT plpgsql_call_handler()
SELECT heap_page_items(get_raw_page('t', 0))
SELECT repeat(repeat('x', 9000), 9000)
SELECT 1 OPERATOR(pg_catalog.abs) 2
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT x.i FROM (SELECT i + 1 AS i FROM n WHERE i > 0) AS x) SELECT i FROM n
