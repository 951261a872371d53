//go:build cgo

package emulator

import (
	"strconv"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// operator is an operator of a plan after its execution. The plan's words are DuckDB's,
// except row_count_out, which is the engine's.
type operator struct {
	Name string `json:"name"`
	// Rows is the number of rows that the operator returned.
	Rows int64 `json:"row_count_out"`
	// Scanned is the number of rows that the operator read from a table.
	Scanned int64 `json:"rows_scanned,omitempty"`
	// Time is the time that DuckDB's threads spent in the operator, in milliseconds.
	Time     float64    `json:"operator_time"`
	Details  string     `json:"details,omitempty"`
	Children []operator `json:"children"`
}

// profiling returns the settings with which a connection counts the rows and the time of
// each operator.
func profiling() []string {
	return []string{
		"SET enable_profiling = 'no_output'",
		"SET profiling_coverage = 'ALL'",
		`SET custom_profiling_settings = '{"OPERATOR_NAME": "true", "OPERATOR_CARDINALITY": "true",` +
			` "OPERATOR_ROWS_SCANNED": "true", "OPERATOR_TIMING": "true", "EXTRA_INFO": "true"}'`,
	}
}

// profile returns the operators of the latest statement of a connection, which must have
// ended. It returns nil if there is no profile.
func (c *conn) profile() []operator {
	root := duckdb.GetProfilingInfo(c.duckdb)
	if root.Ptr == nil {
		return nil
	}
	return operatorsBelow(root)
}

func operatorsBelow(node duckdb.ProfilingInfo) []operator {
	out := []operator{}
	for i := range duckdb.ProfilingInfoGetChildCount(node) {
		child := duckdb.ProfilingInfoGetChild(node, i)
		seconds, _ := strconv.ParseFloat(metric(child, "OPERATOR_TIMING"), 64)
		out = append(out, operator{
			Name: metric(child, "OPERATOR_NAME"), Details: metric(child, "EXTRA_INFO"), Time: 1000 * seconds,
			Rows: count(metric(child, "OPERATOR_CARDINALITY")), Scanned: count(metric(child, "OPERATOR_ROWS_SCANNED")),
			Children: operatorsBelow(child),
		})
	}
	return out
}

// metric returns the text of a metric. It returns "" if the operator does not have it.
func metric(node duckdb.ProfilingInfo, name string) string {
	v := duckdb.ProfilingInfoGetValue(node, name)
	if v.Ptr == nil {
		return ""
	}
	defer duckdb.DestroyValue(&v)
	return duckdb.GetVarchar(v)
}

func count(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64) // 0 for a metric that is not there
	return n
}
