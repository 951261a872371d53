SELECT s_name, COUNT(*) AS numwait
FROM supplier
JOIN lineitem l ON l.l_suppkey = s_suppkey
JOIN orders ON o_orderkey = l.l_orderkey
JOIN nation ON n_nationkey = s_nationkey
WHERE o_orderstatus = 'F' AND l.l_receiptdate > l.l_commitdate AND n_name = 'SAUDI ARABIA'
	AND EXISTS (
		SELECT 1 FROM lineitem o WHERE o.l_orderkey = l.l_orderkey AND o.l_suppkey <> l.l_suppkey)
	AND NOT EXISTS (
		SELECT 1 FROM lineitem o
		WHERE o.l_orderkey = l.l_orderkey AND o.l_suppkey <> l.l_suppkey AND o.l_receiptdate > o.l_commitdate)
GROUP BY s_name
ORDER BY numwait DESC, s_name
LIMIT 100
