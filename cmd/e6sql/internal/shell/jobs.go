package shell

import (
	"context"
	"strconv"
	"strings"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
)

// submit starts a statement as a job.
func (s *Shell) submit(ctx context.Context, in invocation) error {
	statement, err := s.chosen(in)
	if err != nil {
		return err
	}
	s.last = statement
	j, err := s.Session.Submit(ctx, statement)
	if err != nil {
		return err
	}
	s.say("job %d runs, query %s: \\fetch %d shows its result", j.Number, j.ID, j.Number)
	return nil
}

// maxStatement is the number of characters of a statement in a list.
const maxStatement = 40

// listJobs lists the jobs with their states on the engine.
func (s *Shell) listJobs(ctx context.Context, _ invocation) error {
	var rows [][]string
	for _, j := range s.Session.Jobs() {
		j, err := s.Session.Status(ctx, strconv.Itoa(j.Number))
		if err != nil {
			return err
		}
		count := ""
		if j.Rows > 0 {
			count = strconv.FormatInt(j.Rows, 10)
		}
		statement := []rune(strings.Join(strings.Fields(j.Statement), " "))
		if len(statement) > maxStatement {
			statement = append(statement[:maxStatement-1], '…')
		}
		rows = append(rows, []string{strconv.Itoa(j.Number), string(j.State), count, j.ID, string(statement)})
	}
	if len(rows) == 0 {
		s.say(`there are no jobs: \submit starts one`)
		return nil
	}
	return s.list([]string{"job", "state", "rows", "query", "statement"}, rows)
}

// fetch waits for a job and shows its result.
func (s *Shell) fetch(ctx context.Context, in invocation) error {
	_, err := s.stream(s.screen(), func(sink session.Sink, o session.RunOptions) (*session.Summary, error) {
		return s.Session.Fetch(ctx, in.arg(0), sink, o)
	})
	return err
}

// cancel ends a job or a query.
func (s *Shell) cancel(ctx context.Context, in invocation) error {
	if err := s.Session.CancelQuery(ctx, in.arg(0)); err != nil {
		return err
	}
	s.say("%s is ended", in.arg(0))
	return nil
}
