SELECT toStartOfMonth(c) AS mes, count(), uniqExact(a), sumIf(c, a > 1) FROM t GROUP BY mes ORDER BY mes LIMIT 10
SELECT quantile(0.9)(c), argMax(b, c), arrayJoin([1, 2]), multiIf(a > 1, 'x', 'y'), toYYYYMM(c) FROM t
SELECT a, b, if(a > 1, 'x', 'y'), dateDiff('day', c, now()) FROM t
