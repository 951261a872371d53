package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// JobState is the state of a job.
type JobState string

// The states of a job.
const (
	JobRunning   JobState = "running"
	JobDone      JobState = "done"      // its result can be fetched
	JobFetched   JobState = "fetched"   // its result was read, once
	JobCancelled JobState = "cancelled" // by CancelJob
	JobFailed    JobState = "failed"
)

// Job is a statement that was submitted. It runs on the engine while the shell does
// other things.
type Job struct {
	// Number counts the session's jobs, from 1.
	Number int
	// ID is the engine's id of the query.
	ID        string
	Statement string
	Submitted time.Time
	State     JobState
	// Rows is the number of rows that the engine has computed; 0 if unknown.
	Rows int64
	// Err is the error with which the job failed, or nil.
	Err error
}

// open reports whether the engine may hold something for the job.
func (j *Job) open() bool { return j.State == JobRunning || j.State == JobDone || j.State == JobFailed }

type job struct {
	Job
	handle  e6data.QueryHandle
	cleared bool // nothing is left on the engine
}

// ErrNoJob is in the error for a job that does not exist.
var ErrNoJob = errors.New("there is no such job")

// Submit starts a statement as a job, and returns when the engine has accepted it; see
// [e6data.Conn.Submit]. Its result is read with Fetch, once. Close clears the jobs that
// were not fetched. Errors are those of Run.
func (s *Session) Submit(ctx context.Context, statement string) (Job, error) {
	st, err := sqltext.Parse(statement)
	if err != nil {
		return Job{}, textError(statement, err)
	}
	args := s.arguments(st)
	sent := s.rendered(st, args)
	j := &job{Job: Job{Statement: statement, Submitted: time.Now(), State: JobRunning}}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err = s.connector.UseConn(ctx, func(c *e6data.Conn) error {
		var err error
		j.handle, err = c.Submit(ctx, statement, append(args, s.options()...)...)
		return err
	})
	if err != nil {
		return Job{}, failure(sent, "", causeOf(ctx, err), err)
	}
	j.ID = j.handle.ID()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = append(s.jobs, j)
	j.Number = len(s.jobs)
	return j.Job, nil
}

// Jobs returns the session's jobs in the order of their submission, with the states of
// the latest call of Status.
func (s *Session) Jobs() []Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Job, len(s.jobs))
	for i, j := range s.jobs {
		out[i] = j.Job
	}
	return out
}

// Status asks the engine for the state of a job. id is the job's number, or its query id
// or the beginning of it.
func (s *Session) Status(ctx context.Context, id string) (Job, error) {
	j, err := s.job(id)
	if err != nil {
		return Job{}, err
	}
	s.mu.Lock()
	state := j.State
	s.mu.Unlock()
	if state != JobRunning && state != JobDone {
		return s.snapshot(j), nil
	}
	err = s.connector.UseConn(ctx, func(c *e6data.Conn) error {
		status, err := c.Status(ctx, j.handle)
		if err == nil {
			s.update(j, func() {
				j.Rows = max(status.Rows, 0)
				if status.Done && j.State == JobRunning {
					j.State = JobDone
				}
			})
		}
		return err
	})
	if err != nil && ctx.Err() == nil && errors.Is(err, e6data.ErrSQL) {
		s.update(j, func() { j.State, j.Err = JobFailed, err })
		return s.snapshot(j), nil
	}
	if err != nil {
		return s.snapshot(j), failure(j.Statement, j.ID, nil, err)
	}
	return s.snapshot(j), nil
}

// Wait waits until a job is done or ctx ends, which does not end the job. progress, if
// not nil, is called with each answer of the engine.
func (s *Session) Wait(ctx context.Context, id string, progress func(e6data.QueryStatus)) (Job, error) {
	j, err := s.job(id)
	if err != nil {
		return Job{}, err
	}
	err = s.connector.UseConn(ctx, func(c *e6data.Conn) error {
		status, err := c.Wait(ctx, j.handle, progress)
		if err == nil {
			s.update(j, func() {
				j.Rows = max(status.Rows, 0)
				if j.State == JobRunning {
					j.State = JobDone
				}
			})
		}
		return err
	})
	return s.snapshot(j), failure(j.Statement, j.ID, nil, err)
}

// Fetch reads the result of a job into sink, as Run does. It waits for a job that is not
// done. The end of Fetch clears the job on the engine, unless Fetch failed before the
// result began.
func (s *Session) Fetch(ctx context.Context, id string, sink Sink, o RunOptions) (*Summary, error) {
	begin := time.Now()
	sum := &Summary{Affected: -1}
	j, err := s.job(id)
	if err != nil {
		return sum, err
	}
	if now := s.snapshot(j); !now.open() {
		return sum, fmt.Errorf("job %d was %s: its result can be read once", now.Number, now.State)
	}
	if st, err := sqltext.Parse(j.Statement); err == nil {
		sum.Keyword = st.Keyword()
	}
	info := &e6data.QueryInfo{Analyze: o.Analyze}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err = s.connector.UseConn(ctx, func(c *e6data.Conn) error {
		opts := []e6data.QueryOption{e6data.CaptureQuery(info)}
		if o.Progress != nil {
			opts = append(opts, e6data.OnProgress(o.Progress))
		}
		if _, err := c.Wait(ctx, j.handle, nil); err != nil {
			return err
		}
		batches, err := c.Fetch(ctx, j.handle, opts...)
		if err != nil {
			return err
		}
		err = sum.pass(batches, sink, info, false, false)
		s.update(j, func() {
			j.State, j.cleared, j.Rows = JobFetched, true, sum.Written
			if err != nil {
				j.State, j.Err = JobFailed, err
			}
		})
		return err
	})
	s.finish(sum, info, begin)
	return sum, failure(j.Statement, j.ID, causeOf(ctx, err), err)
}

// CancelJob ends a job on the engine, whether it runs or is done.
func (s *Session) CancelJob(ctx context.Context, id string) (Job, error) {
	j, err := s.job(id)
	if err != nil {
		return Job{}, err
	}
	if now := s.snapshot(j); !now.open() {
		return now, fmt.Errorf("job %d was %s already", now.Number, now.State)
	}
	err = s.connector.UseConn(ctx, func(c *e6data.Conn) error { return c.Clear(ctx, j.handle) })
	if err == nil || errors.Is(err, e6data.ErrNotRunning) {
		s.update(j, func() { j.State, j.cleared = JobCancelled, true })
		return s.snapshot(j), nil
	}
	return s.snapshot(j), failure(j.Statement, j.ID, nil, err)
}

// CancelQuery ends a query by its id: a job, or a statement that this session is
// running.
func (s *Session) CancelQuery(ctx context.Context, id string) error {
	if _, err := s.job(id); err == nil {
		_, err := s.CancelJob(ctx, id)
		return err
	}
	return s.connector.UseConn(ctx, func(c *e6data.Conn) error { return c.CancelID(ctx, id) })
}

// job finds a job by its number, its query id, or the beginning of that.
func (s *Session) job(id string) (*job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err := strconv.Atoi(id); err == nil && n >= 1 && n <= len(s.jobs) {
		return s.jobs[n-1], nil
	}
	var found []*job
	for _, j := range s.jobs {
		if j.ID == id {
			return j, nil
		}
		if id != "" && strings.HasPrefix(j.ID, id) {
			found = append(found, j)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%w: %q", ErrNoJob, id)
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("%q is the beginning of the ids of %d jobs: write more of it", id, len(found))
}

func (s *Session) update(_ *job, change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *Session) snapshot(j *job) Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.Job
}

// clearJobs clears on the engine what the jobs hold there.
func (s *Session) clearJobs(ctx context.Context) error {
	s.mu.Lock()
	left := slices.DeleteFunc(slices.Clone(s.jobs), func(j *job) bool { return j.cleared })
	s.mu.Unlock()
	var errs []error
	for _, j := range left {
		err := s.connector.UseConn(ctx, func(c *e6data.Conn) error { return c.Clear(ctx, j.handle) })
		if err != nil && !errors.Is(err, e6data.ErrNotRunning) {
			errs = append(errs, fmt.Errorf("job %d (query %s) may be left on the engine: %w", j.Number, j.ID, err))
			continue
		}
		s.update(j, func() { j.cleared = true })
	}
	return errors.Join(errs...)
}
