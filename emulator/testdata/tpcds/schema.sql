-- A star schema with the names of TPC-DS, in DuckDB's SQL. The rows are made from hashes of their numbers.
CREATE TEMP MACRO pick(i, salt, n) AS (hash(i, salt) % n)::INTEGER;
CREATE TABLE date_dim AS SELECT 2450815 + i::INTEGER AS d_date_sk, DATE '1998-01-01' + i::INTEGER AS d_date,
	((year(d_date) - 1900) * 12 + month(d_date) - 1)::INTEGER AS d_month_seq, (5000 + i // 7)::INTEGER AS d_week_seq,
	year(d_date)::INTEGER AS d_year, month(d_date)::INTEGER AS d_moy, day(d_date)::INTEGER AS d_dom, quarter(d_date)::INTEGER AS d_qoy,
	dayofweek(d_date)::INTEGER AS d_dow, dayname(d_date) AS d_day_name FROM range(1826) t(i);
CREATE TABLE time_dim AS SELECT i::INTEGER AS t_time_sk, (i // 60)::INTEGER AS t_hour, (i % 60)::INTEGER AS t_minute FROM range(1440) t(i);
CREATE TABLE item AS SELECT i::INTEGER AS i_item_sk, 'ITEM' || lpad((i // 2)::VARCHAR, 12, '0') AS i_item_id,
	'a ' || ['fine', 'plain', 'large', 'small'][1 + pick(i, 1, 4)] || ' thing of number ' || i AS i_item_desc,
	((99 + pick(i, 2, 9900)) / 100)::DECIMAL(7,2) AS i_current_price, ((50 + pick(i, 3, 6000)) / 100)::DECIMAL(7,2) AS i_wholesale_cost,
	(1001 + pick(i, 4, 30))::INTEGER AS i_brand_id, 'brand #' || i_brand_id AS i_brand, ['class a', 'class b', 'class c', 'class d', 'class e'][1 + pick(i, 5, 5)] AS i_class,
	['Books', 'Home', 'Sports', 'Music', 'Women', 'Electronics'][1 + pick(i, 6, 6)] AS i_category, pick(i, 7, 40) AS i_manufact_id,
	'maker ' || i_manufact_id AS i_manufact, pick(i, 8, 20) AS i_manager_id, ['small', 'medium', 'large', NULL][1 + pick(i, 9, 4)] AS i_size,
	['red', 'green', 'blue', 'plum'][1 + pick(i, 10, 4)] AS i_color, 'product ' || i AS i_product_name FROM range(400) t(i);
CREATE TABLE customer_address AS SELECT i::INTEGER AS ca_address_sk, ['Fairview', 'Midway', 'Oakland', 'Salem', 'Union'][1 + pick(i, 11, 5)] AS ca_city,
	['Ada County', 'Clay County', 'Lee County'][1 + pick(i, 12, 3)] AS ca_county, ['TX', 'OH', 'GA', 'CA', 'WA', NULL][1 + pick(i, 13, 6)] AS ca_state,
	lpad((10000 + pick(i, 14, 60) * 1431)::VARCHAR, 5, '0') AS ca_zip, 'United States' AS ca_country, (-5 - pick(i, 15, 4))::DECIMAL(5,2) AS ca_gmt_offset FROM range(800) t(i);
CREATE TABLE customer_demographics AS SELECT i::INTEGER AS cd_demo_sk, ['M', 'F'][1 + i % 2] AS cd_gender, ['M', 'S', 'D', 'W'][1 + i // 2 % 4] AS cd_marital_status,
	['College', 'Primary', '2 yr Degree', '4 yr Degree', 'Unknown'][1 + i // 8 % 5] AS cd_education_status, pick(i, 16, 20) * 500 AS cd_purchase_estimate, pick(i, 17, 7) AS cd_dep_count FROM range(400) t(i);
CREATE TABLE household_demographics AS SELECT i::INTEGER AS hd_demo_sk, ['>10000', '5001-10000', '501-1000', 'Unknown'][1 + i % 4] AS hd_buy_potential,
	(i // 4 % 10)::INTEGER AS hd_dep_count, (i % 5 - 1)::INTEGER AS hd_vehicle_count FROM range(120) t(i);
CREATE TABLE customer AS SELECT i::INTEGER AS c_customer_sk, 'CUST' || lpad(i::VARCHAR, 12, '0') AS c_customer_id, pick(i, 18, 400) AS c_current_cdemo_sk,
	pick(i, 19, 120) AS c_current_hdemo_sk, pick(i, 20, 800) AS c_current_addr_sk, ['Ana', 'Bo', 'Cy', 'Zoë', NULL][1 + pick(i, 21, 5)] AS c_first_name,
	['O''Hara', 'Ng', 'Müller', 'Abel'][1 + pick(i, 22, 4)] AS c_last_name, ['Y', 'N', NULL][1 + pick(i, 23, 3)] AS c_preferred_cust_flag,
	1930 + pick(i, 24, 60) AS c_birth_year, 1 + pick(i, 25, 12) AS c_birth_month FROM range(1500) t(i);
CREATE TABLE store AS SELECT i::INTEGER AS s_store_sk, 'STOR' || lpad((i // 2)::VARCHAR, 12, '0') AS s_store_id, ['ought', 'able', 'ese', 'anti'][1 + i % 4] AS s_store_name,
	['Midway', 'Fairview'][1 + i % 2] AS s_city, ['Ada County', 'Clay County'][1 + i // 2 % 2] AS s_county, ['TX', 'OH', 'GA'][1 + i % 3] AS s_state,
	(10000 + i * 2862)::VARCHAR AS s_zip, (-5 - i % 2)::DECIMAL(5,2) AS s_gmt_offset, 200 + pick(i, 26, 100) AS s_number_employees FROM range(8) t(i);
CREATE TABLE promotion AS SELECT i::INTEGER AS p_promo_sk, ['N', 'Y'][1 + i % 2] AS p_channel_email, ['N', 'Y'][1 + i // 2 % 2] AS p_channel_event FROM range(20) t(i);
CREATE TABLE warehouse AS SELECT i::INTEGER AS w_warehouse_sk, 'warehouse ' || i || ' of a name that is long' AS w_warehouse_name FROM range(4) t(i);
CREATE TABLE web_site AS SELECT i::INTEGER AS web_site_sk, 'site_' || i AS web_name FROM range(3) t(i);
CREATE TABLE ship_mode AS SELECT i::INTEGER AS sm_ship_mode_sk, ['EXPRESS', 'NEXT DAY', 'OVERNIGHT', 'REGULAR'][1 + i] AS sm_type FROM range(4) t(i);
CREATE TABLE inventory AS SELECT (2450815 + w * 7)::INTEGER AS inv_date_sk, (n * 5)::INTEGER AS inv_item_sk, h::INTEGER AS inv_warehouse_sk,
	pick(w * 1000 + n * 4 + h, 27, 1000) AS inv_quantity_on_hand FROM range(260) a(w), range(80) b(n), range(4) c(h);
CREATE TABLE store_sales AS SELECT 2450815 + pick(i // 4, 30, 1826) AS ss_sold_date_sk, pick(i // 4, 31, 1440) AS ss_sold_time_sk, pick(i, 32, 400) AS ss_item_sk,
	CASE WHEN pick(i // 4, 33, 50) > 0 THEN pick(i // 4, 34, 1500) END AS ss_customer_sk, pick(i // 4, 35, 400) AS ss_cdemo_sk, pick(i // 4, 36, 120) AS ss_hdemo_sk,
	pick(i // 4, 37, 800) AS ss_addr_sk, pick(i // 4, 38, 8) AS ss_store_sk, pick(i, 39, 20) AS ss_promo_sk, (i // 4)::INTEGER AS ss_ticket_number, 1 + pick(i, 40, 100) AS ss_quantity,
	((100 + pick(i, 41, 19900)) / 100)::DECIMAL(7,2) AS ss_list_price, (ss_list_price * (20 + pick(i, 42, 80)) / 100)::DECIMAL(7,2) AS ss_sales_price,
	(ss_sales_price * ss_quantity)::DECIMAL(9,2) AS ss_ext_sales_price, (ss_list_price * ss_quantity - ss_ext_sales_price)::DECIMAL(9,2) AS ss_ext_discount_amt,
	(CASE WHEN pick(i, 43, 5) = 0 THEN ss_ext_sales_price / 10 ELSE 0 END)::DECIMAL(9,2) AS ss_coupon_amt,
	(ss_ext_sales_price - ss_list_price * ss_quantity / 2)::DECIMAL(9,2) AS ss_net_profit FROM range(60000) t(i);
CREATE TABLE store_returns AS SELECT ss_sold_date_sk + 1 + pick(ss_ticket_number, 50, 60) AS sr_returned_date_sk, ss_item_sk AS sr_item_sk, ss_customer_sk AS sr_customer_sk,
	ss_ticket_number AS sr_ticket_number, ss_store_sk AS sr_store_sk, 1 + pick(ss_ticket_number, 51, ss_quantity) AS sr_return_quantity,
	(ss_sales_price * sr_return_quantity)::DECIMAL(9,2) AS sr_return_amt, (sr_return_amt / 2 + 3)::DECIMAL(9,2) AS sr_net_loss
	FROM store_sales WHERE pick(ss_ticket_number * 400 + ss_item_sk, 52, 8) = 0;
CREATE TABLE catalog_sales AS SELECT d AS cs_sold_date_sk, d + 1 + pick(n, 61, 130) AS cs_ship_date_sk, customer AS cs_bill_customer_sk, pick(n, 62, 400) AS cs_bill_cdemo_sk,
	pick(n, 63, 800) AS cs_bill_addr_sk, item AS cs_item_sk, pick(n, 64, 20) AS cs_promo_sk, pick(n, 65, 4) AS cs_warehouse_sk, pick(n, 66, 4) AS cs_ship_mode_sk, n::INTEGER AS cs_order_number,
	1 + pick(n, 67, 100) AS cs_quantity, ((100 + pick(n, 68, 29900)) / 100)::DECIMAL(7,2) AS cs_list_price, (cs_list_price * (20 + pick(n, 69, 80)) / 100)::DECIMAL(7,2) AS cs_sales_price,
	(cs_sales_price * cs_quantity)::DECIMAL(9,2) AS cs_ext_sales_price, (cs_ext_sales_price / 20)::DECIMAL(9,2) AS cs_coupon_amt, (cs_ext_sales_price - cs_list_price * cs_quantity / 2)::DECIMAL(9,2) AS cs_net_profit
	FROM (SELECT i AS n, 2450815 + pick(i, 70, 1826) AS d, pick(i, 71, 1500) AS customer, pick(i, 72, 400) AS item FROM range(30000) t(i)
		UNION ALL SELECT 30000 + sr_ticket_number * 400 + sr_item_sk, sr_returned_date_sk + 20, sr_customer_sk, sr_item_sk FROM store_returns WHERE sr_ticket_number % 3 = 0);
CREATE TABLE web_sales AS SELECT 2450815 + pick(i, 80, 1826) AS ws_sold_date_sk, ws_sold_date_sk + 1 + pick(i, 81, 130) AS ws_ship_date_sk, pick(i, 82, 400) AS ws_item_sk,
	pick(i, 83, 1500) AS ws_bill_customer_sk, pick(i, 84, 800) AS ws_bill_addr_sk, pick(i, 85, 3) AS ws_web_site_sk, pick(i, 86, 4) AS ws_ship_mode_sk, pick(i, 87, 4) AS ws_warehouse_sk,
	1 + pick(i, 88, 100) AS ws_quantity, ((100 + pick(i, 89, 19900)) / 100)::DECIMAL(7,2) AS ws_sales_price, (ws_sales_price * ws_quantity)::DECIMAL(9,2) AS ws_ext_sales_price FROM range(25000) t(i)
