package dialect

import "testing"

// BenchmarkRewrite rewrites statements of usual sizes.
func BenchmarkRewrite(b *testing.B) {
	for name, sql := range map[string]string{
		"point":   "SELECT id, name FROM users WHERE id = ?",
		"group":   "SELECT region, COUNT(*) AS n, SUM(amount) AS total FROM sales WHERE day >= DATE '2024-01-01' GROUP BY region ORDER BY total DESC LIMIT 10",
		"rewrite": "SELECT LENGTH(name), DATE_ADD('day', 7, d), REGEXP_REPLACE(s, '(a)', '$1'), d + INTERVAL 1 DAY FROM t WHERE s LIKE 'it\\'s%' // end",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(sql)))
			for b.Loop() {
				if _, err := Rewrite(sql, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
