WITH stock AS (
	SELECT ps_partkey, SUM(ps_supplycost * ps_availqty) AS value
	FROM partsupp
	JOIN supplier ON s_suppkey = ps_suppkey
	JOIN nation ON n_nationkey = s_nationkey
	WHERE n_name = 'GERMANY'
	GROUP BY ps_partkey
)
SELECT ps_partkey, value
FROM stock
WHERE value > (SELECT SUM(value) * 0.0001 FROM stock)
ORDER BY value DESC
