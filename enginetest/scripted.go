package enginetest

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// scripted is the backend of a server without another: the results of Handle and its
// like, and the catalogs of SetCatalogs.
type scripted struct{ s *Server }

var (
	_ Backend   = scripted{}
	_ Statement = (*playing)(nil)
)

// Prepare finds what to play, and plays what comes before the query exists.
func (b scripted) Prepare(ctx context.Context, q Query) (Statement, error) {
	p, err := b.s.resolve(q)
	if err != nil {
		return nil, err
	}
	return prepareProgram(ctx, b.s, q, p)
}

func prepareProgram(ctx context.Context, s *Server, q Query, p *program) (Statement, error) {
	if err := pause(ctx, p.delay[PhasePrepare], nil); err != nil {
		return nil, err
	}
	if err := p.fail[PhasePrepare]; err != nil {
		return nil, err
	}
	return &playing{s: s, asked: q, gone: make(chan struct{}), program: p}, nil
}

// DryRun answers what the script of the statement says, or its error.
func (b scripted) DryRun(_ context.Context, q Query) (string, error) {
	p, err := b.s.resolve(q)
	if err != nil {
		return "", err
	}
	return p.dryRun, nil
}

// playing is a scripted result that is played for a query.
type playing struct {
	s     *Server
	asked Query
	id    string        // the query's, set before any other use
	gone  chan struct{} // closed by Close

	mu      sync.Mutex
	program *program
	ran     bool // Execute has returned
	next    int  // the next chunk
	empties int  // empty answers given before it
	polls   int  // status calls answered since it was executed
}

// played returns the program, which Execute may replace.
func (st *playing) played() *program {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.program
}

// step plays a phase's delay and failure.
func (st *playing) step(ctx context.Context, p *program, phase Phase) error {
	if err := pause(ctx, p.delay[phase], st.gone); err != nil {
		return err
	}
	select {
	case <-st.gone:
		return ErrCancelled
	default:
		return p.fail[phase]
	}
}

func (st *playing) Params() []string { return st.played().params }

func (st *playing) Close() { close(st.gone) }

// Execute asks the script again where there are parameters.
func (st *playing) Execute(ctx context.Context, o Execution) (executed bool, err error) {
	p := st.played()
	if len(o.Params) > 0 {
		ask := st.asked
		ask.Params = o.Params
		if p, err = st.s.resolve(ask); err != nil {
			return false, err
		}
	}
	err = st.step(ctx, p, PhaseExecute)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.program, st.ran = p, true
	return p.fail[PhaseExecute] == nil, err
}

func (st *playing) Metadata(ctx context.Context) ([]byte, error) {
	p := st.played()
	if err := st.step(ctx, p, PhaseMetadata); err != nil {
		return nil, err
	}
	return p.metadata, nil
}

func (st *playing) Batches(ctx context.Context, r BatchRequest) (Batches, error) {
	p := st.played()
	if err := st.step(ctx, p, PhaseBatch); err != nil {
		return Batches{}, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if !r.V2 {
		return st.batch(p)
	}
	if st.empties < p.emptyAnswers {
		st.empties++
		return Batches{}, nil
	}
	st.empties = 0
	return st.batches(p, r.Max)
}

// batch answers getNextResultBatch. st.mu is held.
func (st *playing) batch(p *program) (Batches, error) {
	if err := p.failAt[st.next]; err != nil {
		return Batches{}, err
	}
	i := st.next
	st.next++
	b, ok, err := p.chunk(i)
	switch {
	case err != nil:
		return Batches{}, st.broken(i, err)
	case ok:
		return Batches{Chunks: [][]byte{b}}, nil
	case p.sizeZeroEnd:
		return Batches{Chunks: [][]byte{p.zero}, End: true}, nil
	}
	return Batches{End: true}, nil
}

// batches answers getNextResultBatchV2. st.mu is held.
func (st *playing) batches(p *program, limit int) (out Batches, err error) {
	ended := false
	for len(out.Chunks) < limit && !ended {
		if err := p.failAt[st.next]; err != nil {
			if len(out.Chunks) > 0 {
				break
			}
			return Batches{}, err
		}
		i := st.next
		st.next++
		b, ok, err := p.chunk(i)
		if err != nil {
			return Batches{}, st.broken(i, err)
		}
		if !ok {
			st.next, ended = i, true
			break
		}
		out.Chunks = append(out.Chunks, b)
		// Whether an end is near is known ahead for all but ChunkFunc.
		ended = i+1 == p.count && p.failAt[i+1] == nil
	}
	if !ended || p.lateEnd && len(out.Chunks) > 0 {
		return out, nil
	}
	out.End = true
	if p.sizeZeroEnd {
		out.Chunks = append(out.Chunks, p.zero)
	}
	return out, nil
}

// broken says that a scripted chunk could not be made.
func (st *playing) broken(i int, err error) error {
	return status.Error(codes.Internal, fmt.Sprintf("enginetest: batch %d of query %s: %v", i, st.id, err))
}

func (st *playing) Status(context.Context) (done bool, rows int64, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	p := st.program
	switch {
	case !st.ran:
		return false, 0, nil
	case st.polls < p.polls:
		// So many polls are answered "not done", with the rows so far.
		if p.rows > 0 {
			rows = p.rows * int64(st.polls) / int64(p.polls)
		}
		st.polls++
		return false, rows, nil
	}
	return true, p.rows, nil
}

func (st *playing) Explain(context.Context) (string, error) { return st.played().explain, nil }

func (st *playing) ExplainAnalyze(context.Context) (Analysis, error) {
	p := st.played()
	return Analysis{Document: p.analyze, Cached: p.cached, Parsing: p.parsing, Queueing: p.queueing}, nil
}
