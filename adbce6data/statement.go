package adbce6data

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// statement is an SQL text with its arguments. It must not be used concurrently.
type statement struct {
	typedOptions
	conn *connection

	query string
	// parsed is the query after Prepare, else nil.
	parsed *sqltext.Statement
	bound  *boundRow
	tag    string
	cache  string // the value of OptionCache; empty if it is not set
	info   *e6data.QueryInfo

	mu     sync.Mutex // of the following fields, which Close of the connection also uses
	closed bool
	// cancel ends the latest result.
	cancel context.CancelCauseFunc
}

var (
	_ adbc.Statement              = (*statement)(nil)
	_ adbc.GetSetOptions          = (*statement)(nil)
	_ adbc.StatementExecuteSchema = (*statement)(nil)
)

var (
	errStatementClosed   = errors.New("the ADBC statement was closed")
	errStatementExecuted = errors.New("the ADBC statement was executed again")
)

// open returns an error if the statement is closed.
func (s *statement) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return invalidState("the statement is closed")
	}
	return nil
}

// end closes the statement, and ends its result.
func (s *statement) end(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.cancel != nil {
		s.cancel(cause)
		s.cancel = nil
	}
}

// Close closes the statement. A result of it that is still being read ends with an
// error.
func (s *statement) Close() error {
	if err := s.open(); err != nil {
		return invalidState("the statement is closed already")
	}
	s.end(errStatementClosed)
	s.conn.forget(s)
	return nil
}

// begin ends the result of an earlier execution, and returns the context of a new one.
func (s *statement) begin(ctx context.Context) (context.Context, context.CancelCauseFunc, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, invalidState("the statement is closed")
	}
	if s.cancel != nil {
		s.cancel(errStatementExecuted)
	}
	ctx, s.cancel = context.WithCancelCause(ctx)
	return ctx, s.cancel, nil
}

// SetOption sets an option of statements.
func (s *statement) SetOption(key, value string) error {
	if err := s.open(); err != nil {
		return err
	}
	switch key {
	case OptionQueryTag:
		s.tag = value
		return nil
	case OptionCache:
		if value != adbc.OptionValueEnabled && value != adbc.OptionValueDisabled {
			return status(adbc.StatusInvalidArgument, "HY000", "%s: the value is neither true nor false", key)
		}
		s.cache = value
		return nil
	}
	if strings.HasPrefix(key, "adbc.ingest.") {
		return notImplemented("%s: this driver cannot write Arrow data; it executes INSERT statements", key)
	}
	return unknownOption(key, "a statement")
}

// GetOption returns an option of statements.
func (s *statement) GetOption(key string) (string, error) {
	if err := s.open(); err != nil {
		return "", err
	}
	switch {
	case key == OptionQueryTag:
		return s.tag, nil
	case key == OptionCache && s.cache != "":
		return s.cache, nil
	case key == OptionCache:
		return "", notFound("%s is that of the database", key)
	case key == OptionQueryID && s.info != nil:
		return s.info.State().ID, nil
	case key == OptionQueryID:
		return "", notFound("%s: nothing was executed", key)
	}
	return "", noOption(key, "a statement")
}

// SetSqlQuery sets the statement's text, and drops the arguments of the text before.
func (s *statement) SetSqlQuery(query string) error {
	if err := s.open(); err != nil {
		return err
	}
	s.query, s.parsed, s.bound = query, nil, nil
	return nil
}

// Prepare reads the statement. It sends nothing, because the engine executes a
// prepared query once only.
func (s *statement) Prepare(context.Context) error {
	if err := s.ready(); err != nil {
		return err
	}
	parsed, err := sqltext.Parse(s.query)
	if err != nil {
		return status(adbc.StatusInvalidArgument, "42601", "%v", err)
	}
	s.parsed = parsed
	return nil
}

// ready returns an error if the statement is closed or has no text.
func (s *statement) ready() error {
	if err := s.open(); err != nil {
		return err
	}
	if s.query == "" {
		return invalidState("the statement has no text: call SetSqlQuery first")
	}
	return nil
}

// GetParameterSchema returns a field for each parameter of a prepared statement. The
// fields have no name and the type Null: the engine does not report types.
func (s *statement) GetParameterSchema() (*arrow.Schema, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	if s.parsed == nil {
		return nil, invalidState("the statement is not prepared: call Prepare first")
	}
	n := s.parsed.NumInput()
	if n < 0 {
		return nil, status(adbc.StatusInvalidArgument, "42601", "the statement has placeholders of two kinds: use one kind")
	}
	fields := make([]arrow.Field, n)
	for i := range fields {
		fields[i] = arrow.Field{Type: arrow.Null, Nullable: true}
	}
	return arrow.NewSchema(fields, nil), nil
}

// Bind copies the parameters of the statement from the one row of a record. It does not
// keep the record. With more or fewer rows than one, executing the statement is an
// error.
func (s *statement) Bind(_ context.Context, values arrow.RecordBatch) error {
	if err := s.open(); err != nil {
		return err
	}
	if values == nil {
		return status(adbc.StatusInvalidArgument, "HY000", "there is no record to bind")
	}
	row, err := rowOf(values, s.conn.location())
	if err != nil {
		return err
	}
	s.bound = row
	return nil
}

// BindStream is Bind for a stream, of which it reads all. It does not release the
// stream.
func (s *statement) BindStream(ctx context.Context, stream array.RecordReader) error {
	if err := s.open(); err != nil {
		return err
	}
	if stream == nil {
		return status(adbc.StatusInvalidArgument, "HY000", "there is no stream to bind")
	}
	row := &boundRow{}
	for ctx.Err() == nil && stream.Next() {
		record := stream.RecordBatch()
		if row.rows == 0 && record.NumRows() > 0 {
			var err error
			if row, err = rowOf(record, s.conn.location()); err != nil {
				return err
			}
			continue
		}
		row.rows += record.NumRows()
	}
	if err := errors.Join(stream.Err(), ctx.Err()); err != nil {
		return failed(err)
	}
	s.bound = row
	return nil
}

// arguments returns the arguments of the query, and its options among them.
func (s *statement) arguments() ([]any, error) {
	at, err := s.conn.at()
	if err != nil {
		return nil, err
	}
	s.info = new(e6data.QueryInfo)
	args := []any{e6data.InCatalog(at.catalog), e6data.InSchema(at.schema), e6data.CaptureQuery(s.info)}
	if s.tag != "" {
		args = append(args, e6data.QueryTag(s.tag))
	}
	if s.cache == adbc.OptionValueDisabled {
		args = append(args, e6data.NoCache())
	}
	if s.bound == nil {
		return args, nil
	}
	if s.bound.rows != 1 {
		return nil, notImplemented("%d rows are bound: a statement is executed with one row of parameters", s.bound.rows)
	}
	named := s.namesParameters()
	for i, value := range s.bound.values {
		if named {
			value = sql.Named(s.bound.names[i], value)
		}
		args = append(args, value)
	}
	return args, nil
}

// namesParameters reports whether the parameters of the statement have the names of the
// bound fields, as in :id. Otherwise they are in the order of the fields.
func (s *statement) namesParameters() bool {
	parsed, err := sqltext.Parse(s.query)
	if err != nil {
		return false // executing it returns the error
	}
	values := make([]driver.NamedValue, len(s.bound.names))
	for i, name := range s.bound.names {
		values[i] = driver.NamedValue{Name: name, Ordinal: i + 1}
	}
	_, _, err = parsed.Positional(values)
	return err == nil && len(values) > 0
}

// ExecuteQuery executes the statement and returns its result. The number of rows is
// unknown, -1. The query ends with ctx, with the last Release of the reader, with Close
// of the statement, and if the statement is executed again.
func (s *statement) ExecuteQuery(ctx context.Context) (array.RecordReader, int64, error) {
	if err := s.ready(); err != nil {
		return nil, -1, err
	}
	args, err := s.arguments()
	if err != nil {
		return nil, -1, err
	}
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return nil, -1, err
	}
	args = append(args, arrowe6data.WithAllocator(s.conn.database.alloc))
	result, err := arrowe6data.Query(ctx, s.conn.db, s.query, args...)
	if err != nil {
		cancel(nil)
		return nil, -1, failed(err)
	}
	return newReader(result, cancel), -1, nil
}

// ExecuteUpdate executes the statement, reads its result to the end, and returns the
// number of rows that it affected; -1 if the engine does not report it.
func (s *statement) ExecuteUpdate(ctx context.Context) (int64, error) {
	if err := s.ready(); err != nil {
		return -1, err
	}
	args, err := s.arguments()
	if err != nil {
		return -1, err
	}
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return -1, err
	}
	defer cancel(nil)
	result, err := s.conn.db.ExecContext(ctx, s.query, args...)
	if err != nil {
		return -1, failed(err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return -1, nil // the statement was executed; only the number is unknown
	}
	return n, nil
}

// ExecuteSchema returns an error: the engine describes the result of a query only after
// it has executed the query.
func (s *statement) ExecuteSchema(context.Context) (*arrow.Schema, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	return nil, notImplemented("the engine describes a result only after it has executed the query")
}

// SetSubstraitPlan returns an error: the engine takes SQL only.
func (s *statement) SetSubstraitPlan([]byte) error {
	return notImplemented("the engine takes SQL, and no Substrait plans")
}

// ExecutePartitions returns an error: results have no partitions.
func (s *statement) ExecutePartitions(context.Context) (*arrow.Schema, adbc.Partitions, int64, error) {
	return nil, adbc.Partitions{}, -1, notImplemented("results have no partitions")
}
