package main

import (
	"database/sql"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// question is a query of the demonstration.
type question struct {
	title, sql string
	args       []any
}

var questions = []question{
	{
		title: "What was shipped, by return flag and status",
		sql: `SELECT l_returnflag, l_linestatus,
	SUM(l_quantity) AS quantity,
	SUM(l_extendedprice * (1 - l_discount)) AS revenue,
	COUNT(*) AS items
FROM lineitem
WHERE l_shipdate <= ?
GROUP BY l_returnflag, l_linestatus
ORDER BY l_returnflag, l_linestatus`,
		args: []any{time.Date(1998, 9, 2, 0, 0, 0, 0, time.UTC)},
	},
	{
		title: "The open orders of the most value in one market",
		sql: `SELECT o.o_orderkey, o.o_orderdate, SUM(l.l_extendedprice * (1 - l.l_discount)) AS revenue
FROM customer c
JOIN orders o ON o.o_custkey = c.c_custkey
JOIN lineitem l ON l.l_orderkey = o.o_orderkey
WHERE c.c_mktsegment = ? AND o.o_orderdate < DATE '1995-03-15' AND l.l_shipdate > DATE '1995-03-15'
GROUP BY o.o_orderkey, o.o_orderdate
ORDER BY revenue DESC, o.o_orderdate
LIMIT 5`,
		args: []any{"BUILDING"},
	},
	{
		title: "Customers and their balance, by region",
		sql: `SELECT r.r_name AS region, COUNT(*) AS customers, AVG(c.c_acctbal) AS balance
FROM region r
JOIN nation n ON n.n_regionkey = r.r_regionkey
JOIN customer c ON c.c_nationkey = n.n_nationkey
GROUP BY r.r_name
ORDER BY region`,
	},
}

// printRows prints a result as a table, and closes it.
func printRows(out io.Writer, rows *sql.Rows) (n int, err error) {
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, strings.Join(names, "\t"))
	values, pointers := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		pointers[i] = &values[i]
	}
	for ; rows.Next(); n++ {
		if err := rows.Scan(pointers...); err != nil {
			return n, err
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = cell(v)
		}
		_, _ = fmt.Fprintln(w, strings.Join(texts, "\t"))
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	return n, w.Flush()
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case time.Time:
		return v.Format(time.DateOnly)
	case float64:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprint(v)
}
