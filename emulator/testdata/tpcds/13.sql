SELECT AVG(ss_quantity) AS q, AVG(ss_ext_sales_price) AS p, SUM(ss_list_price) AS total, COUNT(*) AS n
FROM store_sales, store, customer_demographics, household_demographics, customer_address, date_dim
WHERE s_store_sk = ss_store_sk AND ss_sold_date_sk = d_date_sk AND d_year = 2001
	AND ss_hdemo_sk = hd_demo_sk AND cd_demo_sk = ss_cdemo_sk AND ss_addr_sk = ca_address_sk
	AND ((cd_marital_status = 'M' AND cd_education_status = 'College' AND ss_sales_price BETWEEN 50.00 AND 150.00 AND hd_dep_count = 3)
		OR (cd_marital_status = 'S' AND cd_education_status = 'Primary' AND ss_sales_price BETWEEN 5.00 AND 100.00 AND hd_dep_count <= 5)
		OR (cd_marital_status = 'W' AND ss_sales_price BETWEEN 20.00 AND 200.00 AND hd_dep_count = 1))
	AND ca_country = 'United States' AND (ca_state IN ('TX', 'OH') AND ss_net_profit BETWEEN -5000 AND 20000 OR ca_state = 'GA')
