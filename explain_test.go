package e6data

import (
	"testing"
	"time"

	"github.com/e6data/e6data-go/wire"
)

func TestAnalysis(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, test := range []struct {
		name             string
		resp             *wire.ExplainAnalyzeResponse
		parsing, q, took time.Duration
		raw              string
	}{
		{"nothing", &wire.ExplainAnalyzeResponse{}, 0, 0, 0, ""},
		{"numbers", &wire.ExplainAnalyzeResponse{ExplainAnalyze: `{"total_query_time":12.5,"executionQueueingTime":2,"parsingTime":1e1,"x":{}}`},
			10 * ms, 2 * ms, 12500 * time.Microsecond, `{"total_query_time":12.5,"executionQueueingTime":2,"parsingTime":1e1,"x":{}}`},
		{"texts", &wire.ExplainAnalyzeResponse{ExplainAnalyze: `{"total_query_time":"12","executionQueueingTime":"2.0","parsingTime":"soon"}`},
			0, 2 * ms, 12 * ms, `{"total_query_time":"12","executionQueueingTime":"2.0","parsingTime":"soon"}`},
		{"the answer's own fields first", &wire.ExplainAnalyzeResponse{ParsingTime: 3, QueueingTime: 4, ExplainAnalyze: `{"parsingTime":5}`},
			3 * ms, 4 * ms, 0, `{"parsingTime":5}`},
		{"nonsense", &wire.ExplainAnalyzeResponse{ParsingTime: -1, QueueingTime: 1 << 62, ExplainAnalyze: `{"total_query_time":[1],"parsingTime":null,"executionQueueingTime":-5}`},
			0, 0, 0, `{"total_query_time":[1],"parsingTime":null,"executionQueueingTime":-5}`},
		{"huge", &wire.ExplainAnalyzeResponse{ExplainAnalyze: `{"total_query_time":"NaN","parsingTime":"Inf","executionQueueingTime":1e300}`},
			0, 0, 0, `{"total_query_time":"NaN","parsingTime":"Inf","executionQueueingTime":1e300}`},
		{"no object", &wire.ExplainAnalyzeResponse{ExplainAnalyze: `[1]`}, 0, 0, 0, `[1]`},
		{"no JSON", &wire.ExplainAnalyzeResponse{ExplainAnalyze: `it "ran"`, IsCached: true}, 0, 0, 0, `"it \"ran\""`},
	} {
		a := analysis(test.resp)
		if a.Parsing != test.parsing || a.Queueing != test.q || a.Total != test.took || string(a.Raw) != test.raw || a.Cached != test.resp.GetIsCached() {
			t.Errorf("%s: %+v %s", test.name, a, a.Raw)
		}
	}
}
