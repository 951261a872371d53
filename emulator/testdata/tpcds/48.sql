SELECT SUM(ss_quantity) AS q
FROM store_sales, store, customer_demographics, customer_address, date_dim
WHERE s_store_sk = ss_store_sk AND ss_sold_date_sk = d_date_sk AND d_year = 2000 AND cd_demo_sk = ss_cdemo_sk AND ss_addr_sk = ca_address_sk
	AND (cd_marital_status = 'M' AND cd_education_status = '4 yr Degree' AND ss_sales_price BETWEEN 10 AND 150
		OR cd_marital_status = 'D' AND cd_education_status = '2 yr Degree' AND ss_sales_price BETWEEN 5 AND 100)
	AND (ca_state IN ('CA', 'OH', 'TX') AND ss_net_profit BETWEEN 0 AND 2000 OR ca_state IN ('WA', 'GA') AND ss_net_profit > 150)
