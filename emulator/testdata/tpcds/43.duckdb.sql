SELECT s_store_name, s_store_id,
	SUM(CASE WHEN d_day_name = 'Sunday' THEN ss_sales_price ELSE NULL END) AS sun_sales,
	SUM(CASE WHEN d_day_name = 'Monday' THEN ss_sales_price ELSE NULL END) AS mon_sales,
	SUM(IF(d_day_name = 'Friday', ss_sales_price, NULL)) AS fri_sales,
	SUM(IF(isodow(d_date) = 6, ss_sales_price, NULL)) AS sat_sales
FROM date_dim, store_sales, store
WHERE d_date_sk = ss_sold_date_sk AND s_store_sk = ss_store_sk AND s_gmt_offset = -5 AND d_year = 2000
GROUP BY s_store_name, s_store_id ORDER BY s_store_name, s_store_id LIMIT 100
