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

// ExplainAnalysis tells how a query ran. A time that the engine does not tell is
// 0.
type ExplainAnalysis struct {
	// Cached: the result came from the engine's cache.
	Cached bool
	// Parsing is how long the statement was parsed, Queueing how long the query
	// waited for its turn, Total how long it took in all. To the millisecond, or
	// as exactly as the engine tells.
	Parsing, Queueing, Total time.Duration
	// Raw is the engine's document. Should it be no JSON, it is in here as a JSON
	// string; nil where there is none.
	Raw json.RawMessage
}

// Explain returns the plan of a query, as the engine writes it. See
// [Conn.Status] for when.
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

// ExplainAnalyze tells how a query ran. Ask when it was executed, and before its
// rows are closed.
func (nc *Conn) ExplainAnalyze(ctx context.Context, h QueryHandle) (*ExplainAnalysis, error) {
	resp := &wire.ExplainAnalyzeResponse{}
	err := nc.cn.watch(ctx, PhaseExplain, h, func(q *query) error {
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

// analysis reads the answer. Some times are told twice, in the answer's own
// fields and in the document, which may hold numbers or numbers as text (docs/protocol.md,
// section 3); whatever is neither is not known.
func analysis(resp *wire.ExplainAnalyzeResponse) *ExplainAnalysis {
	a := &ExplainAnalysis{Cached: resp.GetIsCached()}
	text := resp.GetExplainAnalyze()
	switch {
	case json.Valid([]byte(text)):
		a.Raw = json.RawMessage(text)
	case text != "":
		a.Raw, _ = json.Marshal(text) // a string always can be
	}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(a.Raw, &fields) // what is no object has no fields
	a.Parsing = either(milliseconds(float64(resp.GetParsingTime())), fields["parsingTime"])
	a.Queueing = either(milliseconds(float64(resp.GetQueueingTime())), fields["executionQueueingTime"])
	a.Total = either(0, fields["total_query_time"])
	return a
}

// either returns d, or, where that is 0, the milliseconds that the field holds.
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

// milliseconds is ms as a duration, 0 where it makes none.
func milliseconds(ms float64) time.Duration {
	ns := ms * float64(time.Millisecond)
	if !(ns > 0 && ns < math.MaxInt64) {
		return 0
	}
	return time.Duration(math.Round(ns))
}
