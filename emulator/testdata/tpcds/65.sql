SELECT s_store_name, s_store_sk, i_item_desc, sc.revenue, i_current_price, i_brand
FROM store, item,
	(SELECT place, AVG(revenue) AS ave FROM (
		SELECT ss_store_sk AS place, ss_item_sk AS thing, SUM(ss_sales_price) AS revenue FROM store_sales, date_dim
		WHERE ss_sold_date_sk = d_date_sk AND d_month_seq BETWEEN 1212 AND 1223 GROUP BY ss_store_sk, ss_item_sk) sa
	GROUP BY place) sb,
	(SELECT ss_store_sk AS place, ss_item_sk AS thing, SUM(ss_sales_price) AS revenue FROM store_sales, date_dim
		WHERE ss_sold_date_sk = d_date_sk AND d_month_seq BETWEEN 1212 AND 1223 GROUP BY ss_store_sk, ss_item_sk) sc
WHERE sb.place = sc.place AND sc.revenue <= 0.1 * sb.ave AND s_store_sk = sc.place AND i_item_sk = sc.thing
ORDER BY s_store_name, s_store_sk, i_item_desc, sc.revenue LIMIT 100
