SELECT * FROM read_csv('/etc/passwd')
SELECT * FROM read_csv_auto('https://10.0.0.1/x.csv')
SELECT * FROM read_text('/etc/passwd')
SELECT * FROM read_blob('/etc/*')
SELECT * FROM read_json('s3://x/y.json')
SELECT * FROM read_json_objects('x.json')
SELECT * FROM read_parquet(['x.parquet'])
SELECT * FROM parquet_metadata('x.parquet')
SELECT * FROM parquet_scan('x.parquet')
SELECT * FROM sniff_csv('/etc/passwd')
SELECT * FROM glob('/etc/*')
SELECT * FROM '/etc/passwd'
SELECT * FROM 'https://10.0.0.1/x.parquet'
FROM "x.csv"
SELECT getenv('HOME')
SELECT current_setting('home_directory')
SELECT getvariable('x')
SET VARIABLE x = 1
SET enable_external_access = true
SET memory_limit = '100GB'
PRAGMA database_list
CALL pragma_version()
INSTALL httpfs
LOAD httpfs
ATTACH 'postgres://x' AS y (TYPE postgres)
ATTACH ':memory:' AS z
USE z
COPY t TO '/tmp/x.csv'
COPY (SELECT 1) TO 's3://x'
EXPORT DATABASE '/tmp/x'
IMPORT DATABASE '/tmp/x'
CREATE SECRET s (TYPE s3, KEY_ID 'x')
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_tables()
SELECT * FROM duckdb_functions()
SELECT * FROM information_schema.tables
SELECT * FROM sqlite_scan('x.db', 't')
SELECT * FROM sqlite_attach('x.db')
SELECT * FROM postgres_scan('host=x', 'public', 't')
SELECT * FROM postgres_query('db', 'DELETE FROM t')
SELECT * FROM mysql_query('db', 'SELECT 1')
SELECT * FROM query('DELETE FROM t')
SELECT * FROM query_table('segredo')
SELECT * FROM iceberg_scan('x')
SELECT * FROM delta_scan('x')
SELECT * FROM st_read('x.shp')
SELECT * FROM read_xlsx('x.xlsx')
SELECT * FROM arrow_scan(1, 2, 3)
SELECT * FROM pandas_scan(1)
SELECT nextval('s'), currval('s')
SELECT txid_current(), current_user, version()
SELECT * FROM range(1, 100000000000)
SELECT * FROM repeat_row(1, num_rows = 10000000000)
SELECT repeat('x', 1000000000)
SELECT list_resize([1], 1000000000)
SELECT range(1, 1000000000)
SELECT bitstring('0', 1000000000), rpad('x', 1000000000, 'y')
SELECT write_log('x')
SELECT * FROM test_all_types()
SELECT * FROM json_execute_serialized_sql('x')
SELECT json_serialize_sql('SELECT 1')
SELECT * FROM summary((SELECT * FROM segredo))
SELECT * FROM checkpoint()
SELECT * FROM force_checkpoint()
SELECT * FROM pragma_storage_info('t')
SELECT in_search_path('a', 'b'), current_database()
SELECT t1.a FROM t t1, t t2, t t3
SELECT * FROM http_get('http://10.0.0.1')
SELECT shellfs('id |')
SELECT * FROM read_ndjson_auto('x')
SELECT * FROM 'x.db'.t
EXECUTE p(1)
EXPLAIN ANALYZE SELECT * FROM t
VACUUM ANALYZE
CHECKPOINT
WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x
