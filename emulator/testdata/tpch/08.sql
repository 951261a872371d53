SELECT o_year, SUM(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) / SUM(volume) AS mkt_share
FROM (
	SELECT EXTRACT(YEAR FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) AS volume, s.n_name AS nation
	FROM part
	JOIN lineitem ON l_partkey = p_partkey
	JOIN supplier ON s_suppkey = l_suppkey
	JOIN orders ON o_orderkey = l_orderkey
	JOIN customer ON c_custkey = o_custkey
	JOIN nation c ON c.n_nationkey = c_nationkey
	JOIN region ON r_regionkey = c.n_regionkey
	JOIN nation s ON s.n_nationkey = s_nationkey
	WHERE r_name = 'AMERICA' AND p_type = 'ECONOMY ANODIZED STEEL'
		AND o_orderdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31'
) AS sales
GROUP BY o_year
ORDER BY o_year
