SELECT * FROM url('http://10.0.0.1/x', CSV)
SELECT * FROM file('/etc/passwd', 'LineAsString')
SELECT * FROM remote('10.0.0.1', system.users)
SELECT * FROM s3('http://x/y', 'CSV')
SELECT * FROM mysql('h', 'd', 't', 'u', 'p')
SELECT * FROM executable('x.sh', TabSeparated, 'a int')
SELECT * FROM cluster('c', 'system', 'one')
SELECT * FROM numbers(100000000000)
SELECT * FROM merge('system', 'x')
SELECT sleep(3), sleepEachRow(1)
SELECT file('/etc/passwd')
SELECT dictGet('d', 'a', 1)
SELECT joinGet('t', 'a', 1)
SELECT hostName(), currentUser(), getSetting('x'), version()
SELECT * FROM t INTO OUTFILE 'x'
SELECT * FROM t SETTINGS max_execution_time = 0
SELECT * FROM t FORMAT Null
SELECT * FROM system.users
SELECT * FROM t; DROP TABLE t
INSERT INTO t VALUES (1)
SELECT catboostEvaluate('x', 1)
SELECT addressToLine(1), demangle('x'), throwIf(1)
SELECT sumMerge(x), initializeAggregation('sum', 1), evalMLMethod(1, 2) FROM t
