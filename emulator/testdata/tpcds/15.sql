SELECT ca_zip, SUM(cs_sales_price) AS total
FROM catalog_sales JOIN customer ON cs_bill_customer_sk = c_customer_sk
	JOIN customer_address ON c_current_addr_sk = ca_address_sk JOIN date_dim ON cs_sold_date_sk = d_date_sk
WHERE (SUBSTRING(ca_zip, 1, 2) IN ('14', '25', '37', '80') OR ca_state IN ('CA', 'WA', 'GA') OR cs_sales_price > 250)
	AND d_qoy = 2 AND d_year = 2001
GROUP BY ca_zip ORDER BY ca_zip LIMIT 100
