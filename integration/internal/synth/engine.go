package synth

import "github.com/e6data/e6data-go/enginetest"

// Result returns the result of a synthetic statement, for an engine's HandleFunc.
func Result(q enginetest.Query) (*enginetest.Result, error) {
	s, err := Parse(q.SQL)
	if err != nil {
		return nil, err
	}
	r := enginetest.NewResult()
	for _, c := range Columns {
		r.Column(c.Name, c.Type)
	}
	return r.Generate(s.Rows, s.Values).BatchRows(s.Batch).
		Delay(enginetest.PhasePrepare, s.Prepare).
		Delay(enginetest.PhaseExecute, s.Execute).
		Delay(enginetest.PhaseBatch, s.Delay), nil
}
