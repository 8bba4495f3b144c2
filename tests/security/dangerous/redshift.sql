SELECT pg_sleep(5)
SELECT pg_terminate_backend(1), pg_last_copy_id(), pg_backend_pid()
SELECT CURRENT_USER, version(), current_setting('x'), set_config('a', 'b', false)
SELECT * FROM stl_query
SELECT * FROM svv_tables
SELECT * FROM pg_user
UNLOAD ('SELECT * FROM t') TO 's3://x' IAM_ROLE 'y'
COPY t FROM 's3://x' IAM_ROLE 'y'
SELECT * INTO x FROM t
SELECT f_minha(1)
SELECT * FROM "T"
SELECT 'a\'; DELETE FROM t; --'
SELECT explain_model('x')
SELECT user
SELECT * FROM externo.t
SELECT 1; COMMIT; DELETE FROM t
SELECT * FROM t FOR UPDATE
SELECT lambda_f(1), exfunc_http('x')
SELECT * FROM generate_series(1, 100000000000)
