SELECT SUBSTRING(w_warehouse_name, 1, 20) AS warehouse, sm_type, web_name,
	SUM(CASE WHEN DATE_DIFF(shipped.d_date, sold.d_date) <= 30 THEN 1 ELSE 0 END) AS days_30,
	SUM(CASE WHEN DATE_DIFF('day', sold.d_date, shipped.d_date) BETWEEN 31 AND 60 THEN 1 ELSE 0 END) AS days_60,
	SUM(CASE WHEN DATE_DIFF(shipped.d_date, sold.d_date, 'day') > 60 THEN 1 ELSE 0 END) AS more_days
FROM web_sales, warehouse, ship_mode, web_site, date_dim sold, date_dim shipped
WHERE ws_sold_date_sk = sold.d_date_sk AND ws_ship_date_sk = shipped.d_date_sk AND shipped.d_month_seq BETWEEN 1200 AND 1211
	AND ws_warehouse_sk = w_warehouse_sk AND ws_ship_mode_sk = sm_ship_mode_sk AND ws_web_site_sk = web_site_sk
GROUP BY SUBSTRING(w_warehouse_name, 1, 20), sm_type, web_name
ORDER BY warehouse, sm_type, web_name LIMIT 100
