SELECT d_year, i_brand_id AS brand_id, LOWER(i_brand) AS brand, SUM(ss_ext_sales_price) AS ext_price
FROM date_dim, store_sales, item
WHERE d_date_sk = ss_sold_date_sk AND ss_item_sk = i_item_sk AND i_manager_id IN (1, 2, 3) AND d_moy = 12 AND d_year = 1998
GROUP BY d_year, i_brand, i_brand_id ORDER BY d_year, ext_price DESC, brand_id LIMIT 100
