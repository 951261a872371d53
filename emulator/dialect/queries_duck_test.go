//go:build cgo

package dialect

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shop is a small schema with data.
var shop = []string{
	"CREATE TABLE Customers (Id BIGINT, Name VARCHAR(20), Phone CHAR(15), Since DATE)",
	"CREATE TABLE orders (id BIGINT, customer BIGINT, day DATE, priority VARCHAR, tags VARCHAR)",
	"CREATE TABLE items (order_id BIGINT, n INT, price DECIMAL(15,2), discount DECIMAL(15,2), shipped TIMESTAMP)",
	`INSERT INTO customers VALUES (1, 'O\'Hara', '13-555', DATE '2020-01-31'), (2, 'Ng', '31-555', DATE '2021-06-30'), (3, 'Abel', '99-555', NULL)`,
	"INSERT INTO orders VALUES (10, 1, DATE '2024-01-30', '1-URGENT', '{\"a\":[\"x\",\"y\"]}'), (11, 1, DATE '2024-02-15', '5-LOW', NULL), (12, 2, DATE '2024-03-01', '2-HIGH', '{\"a\":[]}')",
	"INSERT INTO items VALUES (10, 3, 10.00, 0.10, TIMESTAMP '2024-02-01 10:00:00'), (10, 1, 5.50, 0.00, NULL), (11, 2, 7.25, 0.05, TIMESTAMP '2024-02-20 08:30:00'), (12, 10, 1.00, 0.00, TIMESTAMP '2024-03-02 00:00:00')",
}

// TestQueries runs statements of the kinds that applications send.
func TestQueries(t *testing.T) {
	t.Parallel()
	d := openDuck(t)
	run := func(sql string) ([][]string, error) {
		s, err := Rewrite(sql, Options{Now: now})
		if err != nil {
			return nil, err
		}
		return d.query(s.Text)
	}
	for _, sql := range shop {
		if _, err := run(sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	for sql, want := range map[string]string{
		// Each query selects text, so that the test reads it.
		`select name || ':' || to_varchar(sum(price * (1 - discount))) as total
			from customers, orders, items
			where customers.id = customer and orders.id = order_id
				and day >= date '2024-03-01' - interval 90 day and day < date '2023-03-01' + interval '1' year
			group by name order by name // the best
			limit 10`: "O'Hara:21.3875|",
		`select c_name from (select c.name, count(orders.id) from customers c left outer join orders on c.id = customer and priority not like '%LOW'
			group by c.name) as counted (c_name, c_count) where c_count = 1 order by c_name desc`: "O'Hara|Ng|",
		`with recent as (select customer, max(day) as last from orders group by customer),
			late(customer) as (select customer from recent where last > DATE_ADD('month', -2, DATE '2024-04-20'))
			select to_varchar(customer) from late`: "2|",
		`select substring(phone from 1 for 2) as code from customers where substring(phone from 1 for 2) in ('13', '31')
			and exists (select * from orders where customer = customers.id) order by code`: "13|31|",
		`select to_varchar(rank() over (partition by grouping(priority) order by count(*) desc, priority asc)) || coalesce(priority, 'all')
			from orders group by rollup(priority) order by grouping(priority), priority`: "11-URGENT|22-HIGH|35-LOW|1all|",
		`select case when n > 1 then to_varchar(n / 2) else 'one' end from items order by n`:                                                        "one|1|1|5|",
		`select to_varchar(date_trunc('month', day)) || ' ' || dayname(day) from orders where year(day) = 2024 order by day limit 1 offset 1`:       "2024-02-01 Thursday|",
		`select to_varchar(day + interval 1 month) from orders where extract(dow from day) = 2 order by 1`:                                          "2024-02-29|",
		`select t.tag from orders lateral view explode(from_json(tags, 'struct<a:array<string>>').a) t as tag order by tag`:                         "x|y|",
		`select parse_json(tags):a[0]::varchar from orders where tags is not null order by id`:                                                      "x|NULL|",
		`select listagg(name, ', ') within group (order by name) from customers`:                                                                    "Abel, Ng, O'Hara|",
		`select name from customers where since is null union all select name from customers where name like some ('N%', 'O\'%') order by 1`:        "Abel|Ng|O'Hara|",
		`select format_timestamp(max(shipped), 'yyyy-MM-dd HH:mm') from items where order_id in (select id from orders where priority <> '2-HIGH')`: "2024-02-20 08:30|",
		`select distinct length(name) || '' from customers order by length(name) || ''`:                                                             "2|4|6|",
		`select to_varchar(count(distinct customer, priority)) from orders qualify row_number() over (order by 1) = 1`:                              "3|",
		`select to_varchar(current_date - interval 1 day)`:                                                                                          "2024-05-20|",
		`select to_varchar(a.n) from items a join items b using (order_id) where a.n > b.n`:                                                         "3|",
	} {
		rows, err := run(sql)
		var got strings.Builder
		for _, row := range rows {
			got.WriteString(row[0] + "|")
		}
		if err != nil || got.String() != want {
			t.Errorf("%s\n got %s, %v\nwant %s", sql, got.String(), err, want)
		}
	}
}

// TestColumnNames: results have the names that the statement gives.
func TestColumnNames(t *testing.T) {
	t.Parallel()
	d := openDuck(t)
	s, err := Rewrite("SELECT A, A + 1, Length(B), A AS C, 'x' D, \"E\" FROM (SELECT 1 AS A, 'b' AS B, 2 AS \"E\") T", Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := d.query("DESCRIBE " + s.Text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows {
		got = append(got, row[0]+" "+row[1])
	}
	want := "a INTEGER, A + 1 INTEGER, Length(B) INTEGER, c INTEGER, d VARCHAR, E INTEGER"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

// TestPlaceOfDuckDBsError: the position in DuckDB's error leads to the place in the
// statement.
func TestPlaceOfDuckDBsError(t *testing.T) {
	t.Parallel()
	d := openDuck(t)
	if _, err := d.query("SET errors_as_json = true"); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string][2]int{
		"SELECT 'it\\'s',\n  length('é') + nothing AS n": {2, 17},
		"SELECT dateadd('day', 1, nowhere) // a\n":       {1, 26},
		"SELECT 1 /* x */ FROMM x y z":                   {1, 24},
		"SELECT\n\tupper('a')\nFROM nothing":             {3, 6},
	} {
		s, err := Rewrite(sql, Options{})
		if err != nil {
			t.Errorf("%q: %v", sql, err)
			continue
		}
		_, err = d.query(s.Text)
		if err == nil {
			t.Errorf("%q: no error", sql)
			continue
		}
		text := err.Error()
		var e struct {
			Position string `json:"position"`
		}
		if err := json.Unmarshal([]byte(text[max(strings.IndexByte(text, '{'), 0):]), &e); err != nil {
			t.Errorf("%q: %s: %v", sql, text, err)
			continue
		}
		position, err := strconv.Atoi(e.Position)
		if line, column := s.Place(position); err != nil || [2]int{line, column} != want {
			t.Errorf("%q: line %d, column %d, %v, want %v (%s)", sql, line, column, err, want, text)
		}
	}
}

// TestMacrosAgain: the statements for a database and a connection may run again, and
// with another catalog in use.
func TestMacrosAgain(t *testing.T) {
	t.Parallel()
	d := openDuck(t)
	for _, sql := range append(append(Macros(), Settings()...), "ATTACH ':memory:' AS other", "USE other", "CREATE SCHEMA e6dialect") {
		if _, err := d.query(sql); err != nil {
			t.Errorf("%s\n%v", sql, err)
		}
	}
	s, err := Rewrite("SELECT soundex('winter')", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := d.query(s.Text); err != nil || rows[0][0] != "w536" {
		t.Errorf("got %v, %v", rows, err)
	}
}

// TestLockedDatabase: the statements run in a database without external access, before
// its configuration is locked, and the rewritten text after it.
func TestLockedDatabase(t *testing.T) {
	t.Parallel()
	d := openDuckWith(t, append(append([]string{"SET enable_external_access = false"}, append(Settings(), Macros()...)...), "SET lock_configuration = true")...)
	s, err := Rewrite("SELECT initcap('a b')", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := d.query(s.Text); err != nil || rows[0][0] != "A B" {
		t.Errorf("got %v, %v", rows, err)
	}
}

// TestClock: without Options.Now the time is the database's.
func TestClock(t *testing.T) {
	t.Parallel()
	d := openDuck(t)
	s, err := Rewrite("SELECT NOW(), CURRENT_DATE", Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().UTC().Truncate(time.Microsecond)
	rows, err := d.query("SELECT CAST(a AS VARCHAR), CAST(b AS VARCHAR) FROM (" + s.Text + ") AS t(a, b)")
	if err != nil {
		t.Fatal(err)
	}
	got, err := time.Parse("2006-01-02 15:04:05.999999", rows[0][0])
	if err != nil || got.Before(before) || got.After(time.Now().UTC()) || rows[0][1] != got.Format(time.DateOnly) {
		t.Errorf("got %v, %v", rows, err)
	}
}

// BenchmarkMacros makes the macros in a new database.
func BenchmarkMacros(b *testing.B) {
	d := openDuck(b)
	macros := Macros()
	for b.Loop() {
		for _, sql := range macros {
			if _, err := d.query(sql); err != nil {
				b.Fatal(err)
			}
		}
	}
}
