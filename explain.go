package e6data

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/wire"
)

// ExplainAnalysis holds facts about a query that has run. A time that the engine
// does not report is 0.
type ExplainAnalysis struct {
	// Cached reports whether the result came from the engine's cache.
	Cached bool
	// Parsing is the time that the statement was parsed, Queueing the time that the
	// query waited for its turn, and Total the time that the query took in all.
	// Their precision is a millisecond, or better if the engine reports more.
	Parsing, Queueing, Total time.Duration
	// Raw is the engine's document. If the document is not JSON, Raw is its text as
	// a JSON string. Raw is nil if there is no document.
	Raw json.RawMessage
}

// Explain returns the plan of a query, as the engine writes it. It can be called
// when [Conn.Status] can.
func (nc *Conn) Explain(ctx context.Context, h QueryHandle) (plan string, err error) {
	err = nc.cn.watch(ctx, PhaseExplain, h, func(q *query) error {
		resp := &wire.ExplainResponse{}
		k := call{phase: PhaseExplain, method: wire.QueryEngineService_Explain_FullMethodName, resp: resp}
		err := q.call(ctx, k, func(session string) proto.Message {
			return &wire.ExplainRequest{EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID}
		})
		plan = resp.GetExplain()
		return err
	})
	return plan, err
}

// ExplainAnalyze returns facts about a query that has run. Call it after the query
// was executed and before its rows are closed.
func (nc *Conn) ExplainAnalyze(ctx context.Context, h QueryHandle) (*ExplainAnalysis, error) {
	return nc.cn.explainAnalyze(ctx, h)
}

// explainAnalyze makes the call of [Conn.ExplainAnalyze] and of [QueryInfo.Analyze].
func (lk *link) explainAnalyze(ctx context.Context, h QueryHandle) (*ExplainAnalysis, error) {
	resp := &wire.ExplainAnalyzeResponse{}
	err := lk.watch(ctx, PhaseExplain, h, func(q *query) error {
		k := call{phase: PhaseExplain, method: wire.QueryEngineService_ExplainAnalyze_FullMethodName, resp: resp}
		return q.call(ctx, k, func(session string) proto.Message {
			return &wire.ExplainAnalyzeRequest{EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID}
		})
	})
	if err != nil {
		return nil, err
	}
	return analysis(resp), nil
}

// analysis converts the answer. Some times are both in fields of the answer and in
// the document, as numbers or as text (docs/protocol.md, section 3). A time in any
// other form is left out.
func analysis(resp *wire.ExplainAnalyzeResponse) *ExplainAnalysis {
	a := &ExplainAnalysis{Cached: resp.GetIsCached()}
	text := resp.GetExplainAnalyze()
	switch {
	case json.Valid([]byte(text)):
		a.Raw = json.RawMessage(text)
	case text != "":
		a.Raw, _ = json.Marshal(text) // a string can always be marshalled
	}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(a.Raw, &fields) // a document that is no object has no fields
	a.Parsing = either(milliseconds(float64(resp.GetParsingTime())), fields["parsingTime"])
	a.Queueing = either(milliseconds(float64(resp.GetQueueingTime())), fields["executionQueueingTime"])
	a.Total = either(0, fields["total_query_time"])
	return a
}

// either returns d, or the milliseconds in field if d is 0.
func either(d time.Duration, field json.RawMessage) time.Duration {
	if d != 0 || len(field) == 0 {
		return d
	}
	text := string(field)
	if field[0] == '"' {
		if json.Unmarshal(field, &text) != nil {
			return 0
		}
	}
	ms, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return milliseconds(ms)
}

// milliseconds converts ms to a duration. It returns 0 for a number that has none.
func milliseconds(ms float64) time.Duration {
	ns := ms * float64(time.Millisecond)
	if !(ns > 0 && ns < math.MaxInt64) {
		return 0
	}
	return time.Duration(math.Round(ns))
}
