SELECT a, SUM(c) FROM T GROUP BY a QUALIFY ROW_NUMBER() OVER (ORDER BY SUM(c) DESC) <= 3
SELECT DATE_TRUNC('month', c), IFF(a > 1, 'x', 'y'), LISTAGG(b, ','), DATEADD(day, 1, c), TO_VARCHAR(c, 'YYYY') FROM t GROUP BY 1, 2, 4, 5
SELECT v:a.b::string, f.value FROM t, LATERAL FLATTEN(input => t.v) AS f
