SELECT i_item_id, s_store_id, MAX(ss_quantity) AS sold, MAX(sr_return_quantity) AS returned, MAX(cs_quantity) AS ordered, COUNT(*) AS n
FROM store_sales JOIN store_returns ON ss_customer_sk = sr_customer_sk AND ss_item_sk = sr_item_sk AND ss_ticket_number = sr_ticket_number
	JOIN catalog_sales ON sr_customer_sk = cs_bill_customer_sk AND sr_item_sk = cs_item_sk
	JOIN date_dim d1 ON d1.d_date_sk = ss_sold_date_sk JOIN date_dim d3 ON d3.d_date_sk = cs_sold_date_sk
	JOIN store ON s_store_sk = ss_store_sk JOIN item ON i_item_sk = ss_item_sk
WHERE d1.d_moy = 4 AND d1.d_year = 1999 AND d3.d_year IN (1999, 1999 + 1, 1999 + 2)
GROUP BY i_item_id, s_store_id ORDER BY i_item_id, s_store_id LIMIT 100
