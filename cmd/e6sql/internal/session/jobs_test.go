package session_test

import (
	"context"
	"errors"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/enginetest"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.Handle("SELECT n", numbers(25).StatusPolls(1))
	s := open(t, srv)
	first, err := s.Submit(t.Context(), "SELECT n;")
	if err != nil || first.Number != 1 || first.ID == "" || first.State != session.JobRunning {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := s.Submit(t.Context(), "SELECT n"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Submit(t.Context(), "SELECT n"); err != nil {
		t.Fatal(err)
	}
	if job, err := s.Status(t.Context(), "1"); err != nil || job.State != session.JobRunning {
		t.Errorf("%+v, %v", job, err)
	}
	polled := false
	if job, err := s.Wait(t.Context(), first.ID, func(e6data.QueryStatus) { polled = true }); err != nil || job.State != session.JobDone || !polled {
		t.Errorf("%+v, %v", job, err)
	}
	sink := &rows{}
	sum, err := s.Fetch(t.Context(), first.ID, sink, session.RunOptions{})
	if err != nil || len(sink.values) != 25 || sum.ID != first.ID || sum.Keyword != "SELECT" {
		t.Errorf("%+v, %v, %v", sum, sink.values, err)
	}
	if _, err := s.Fetch(t.Context(), "1", sink, session.RunOptions{}); err == nil {
		t.Error("a result was read twice")
	}
	if job, err := s.CancelJob(t.Context(), "2"); err != nil || job.State != session.JobCancelled {
		t.Errorf("%+v, %v", job, err)
	}
	if _, err := s.CancelJob(t.Context(), "2"); err == nil {
		t.Error("a job was cancelled twice")
	}
	if _, err := s.Status(t.Context(), "none"); !errors.Is(err, session.ErrNoJob) {
		t.Errorf("%v", err)
	}
	if _, err := s.Status(t.Context(), "query-"); err == nil || errors.Is(err, session.ErrNoJob) {
		t.Errorf("the beginning of several ids: %v", err)
	}
	states := []session.JobState{session.JobFetched, session.JobCancelled, session.JobRunning}
	for i, job := range s.Jobs() {
		if job.State != states[i] {
			t.Errorf("job %d is %s, want %s", job.Number, job.State, states[i])
		}
	}
	// The third job is left, and Close clears it: the engine's books must balance.
}

func TestJobErrors(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.Handle("SELECT n", numbers(25).FailAt(1, errors.New("line 1:1: division by zero")))
	srv.Handle("SELECT bad", numbers(1).Fail(enginetest.PhaseExecute, errors.New("At line 1, column 8: bad")))
	s := open(t, srv)
	_, err := s.Submit(t.Context(), "SELECT bad")
	if failed, ok := errors.AsType[*session.Error](err); !ok || failed.Column != 8 {
		t.Errorf("%v", err)
	}
	if _, err := s.Submit(t.Context(), "SELECT 'open"); err == nil {
		t.Error("a text that is no statement was submitted")
	}
	job, err := s.Submit(t.Context(), "SELECT n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Fetch(t.Context(), job.ID, nil, session.RunOptions{}); !errors.Is(err, e6data.ErrSQL) {
		t.Errorf("%v", err)
	}
	if got := s.Jobs()[0]; got.State != session.JobFailed || got.Err == nil {
		t.Errorf("%+v", got)
	}
}

// CancelQuery ends a statement that the session runs.
func TestCancelQuery(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.Handle("SELECT n", numbers(1000))
	s := open(t, srv)
	fault := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
	done := make(chan error, 1)
	go func() {
		_, err := s.Run(context.Background(), "SELECT n", nil, session.RunOptions{})
		done <- err
	}()
	<-fault.Struck()
	id := srv.CallsTo("executeStatement")[0].QueryID
	if err := s.CancelQuery(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	fault.Release()
	if err := <-done; !errors.Is(err, e6data.ErrQueryCancelled) {
		t.Errorf("%v", err)
	}
}
