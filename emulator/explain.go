//go:build cgo

package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// Explain returns the plan as JSON.
func (st *statement) Explain(context.Context) (string, error) { return st.explain() }

// analysis is the document of explainAnalyze. Times are in milliseconds.
type analysis struct {
	Total    float64 `json:"total_query_time"`
	Parsing  float64 `json:"parsingTime"`
	Queueing float64 `json:"executionQueueingTime"`
	Rows     int64   `json:"row_count_out"`
	// Plan has the operators with their rows and times after the statement has ended.
	// Before, it is the document of explain. A result of the cache has none.
	Plan any `json:"plan,omitempty"`
}

// ExplainAnalyze returns the times of the statement so far, the number of rows that were
// read, and the plan.
func (st *statement) ExplainAnalyze(context.Context) (enginetest.Analysis, error) {
	st.mu.Lock()
	if st.closed {
		st.mu.Unlock()
		return enginetest.Analysis{}, enginetest.ErrCancelled
	}
	took := st.took
	if !st.ended {
		took = time.Since(st.started)
	}
	a := analysis{
		Total: milliseconds(st.parsing + took), Parsing: milliseconds(st.parsing), Queueing: milliseconds(st.waited),
		Rows: st.rows,
	}
	queueing, cached := st.waited, st.from != nil
	if st.ended && !st.busy && !cached {
		// No call of DuckDB begins while mu is held.
		if plan := st.conn.profile(); plan != nil {
			a.Plan = plan
		}
	}
	st.mu.Unlock()
	if a.Plan == nil && !cached {
		plan, err := st.explain()
		if errors.Is(err, enginetest.ErrCancelled) {
			return enginetest.Analysis{}, err
		}
		// A statement may have no plan any more, for example if its table was dropped.
		if json.Valid([]byte(plan)) {
			a.Plan = json.RawMessage(plan)
		}
	}
	doc, err := json.Marshal(a)
	if err != nil {
		return enginetest.Analysis{}, err
	}
	return enginetest.Analysis{Document: string(doc), Cached: cached, Parsing: st.parsing, Queueing: queueing}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// explain returns DuckDB's plan. It uses another connection, because the statement's own may
// be in use.
func (st *statement) explain() (string, error) {
	if st.kind == duckdb.StatementTypeExplain {
		return "", nil
	}
	st.mu.Lock()
	if st.closed {
		st.mu.Unlock()
		return "", enginetest.ErrCancelled
	}
	values := st.values
	st.d.using.Add(1)
	st.mu.Unlock()
	defer st.d.using.Done()
	if len(values) == 0 {
		values = placeholders(st.params)
	}
	rows, err := st.d.texts(st.conn.at, "EXPLAIN (FORMAT JSON) "+st.sql.text, values)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[len(rows)-1], nil
}

// placeholders returns a NULL for each parameter, for a plan before the values are there.
func placeholders(params []parameter) []*wire.ParameterValue {
	out := make([]*wire.ParameterValue, len(params))
	for i := range out {
		out[i] = &wire.ParameterValue{Index: int32(i + 1)}
	}
	return out
}

// texts runs a query of the emulator's own at a place, as the function of the same name.
func (d *database) texts(at place, sql string, params []*wire.ParameterValue) (out []string, err error) {
	c, err := d.connect(at)
	if err != nil {
		return nil, err
	}
	defer d.release(c, true)
	return texts(c.duckdb, sql, params)
}

// texts runs a query of the emulator's own, and returns the values of its last column,
// which are texts.
func texts(c duckdb.Connection, sql string, params []*wire.ParameterValue) (out []string, err error) {
	var p duckdb.PreparedStatement
	defer duckdb.DestroyPrepare(&p)
	if duckdb.Prepare(c, sql, &p) == duckdb.StateError {
		return nil, plainError(duckdb.PrepareError(p))
	}
	if err := bindAll(p, params); err != nil {
		return nil, err
	}
	r := &result{batch: maxBatchRows}
	defer r.free()
	if duckdb.ExecutePrepared(p, &r.duckdb) == duckdb.StateError {
		return nil, plainError(duckdb.ResultError(&r.duckdb))
	}
	last := duckdb.ColumnCount(&r.duckdb) - 1
	for {
		chunk := duckdb.FetchChunk(r.duckdb)
		if chunk.Ptr == nil {
			return out, nil
		}
		vector := duckdb.DataChunkGetVector(chunk, last)
		v := view{
			vector: vector, data: duckdb.VectorGetData(vector), mask: duckdb.VectorGetValidity(vector),
			rows: int(duckdb.DataChunkGetSize(chunk)),
		}
		for _, s := range r.strings(&v) {
			out = append(out, string([]byte(s))) // the chunk goes
		}
		duckdb.DestroyDataChunk(&chunk)
	}
}
