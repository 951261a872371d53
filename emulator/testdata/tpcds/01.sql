WITH returned AS (
	SELECT sr_customer_sk AS customer, sr_store_sk AS place, SUM(sr_return_amt) AS total
	FROM store_returns JOIN date_dim ON sr_returned_date_sk = d_date_sk
	WHERE d_year = 2000 GROUP BY sr_customer_sk, sr_store_sk
)
SELECT c_customer_id, s_store_sk, total
FROM returned r JOIN store ON s_store_sk = r.place JOIN customer ON c_customer_sk = r.customer
WHERE s_state = 'TX' AND r.total > (SELECT AVG(o.total) * 1.2 FROM returned o WHERE o.place = r.place)
ORDER BY c_customer_id, s_store_sk LIMIT 100
