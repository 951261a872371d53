SELECT supp_nation, cust_nation, l_year, SUM(volume) AS revenue
FROM (
	SELECT s.n_name AS supp_nation, c.n_name AS cust_nation, EXTRACT(YEAR FROM l_shipdate) AS l_year,
		l_extendedprice * (1 - l_discount) AS volume
	FROM lineitem
	JOIN supplier ON s_suppkey = l_suppkey
	JOIN orders ON o_orderkey = l_orderkey
	JOIN customer ON c_custkey = o_custkey
	JOIN nation s ON s.n_nationkey = s_nationkey
	JOIN nation c ON c.n_nationkey = c_nationkey
	WHERE l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31'
		AND (s.n_name = 'FRANCE' AND c.n_name = 'GERMANY' OR s.n_name = 'GERMANY' AND c.n_name = 'FRANCE')
) AS shipping
GROUP BY supp_nation, cust_nation, l_year
ORDER BY supp_nation, cust_nation, l_year
