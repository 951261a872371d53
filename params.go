package e6data

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/internal/sqltext"
	"github.com/e6data/e6data-go/wire"
)

// request is a query to send.
type request struct {
	written string // the statement as the application wrote it
	text    string // the statement to send
	args    int    // the number of arguments
	dml     bool   // whether the statement changes rows
	// params are the arguments for the placeholders in text, with [ParamsServer].
	params []driver.NamedValue
	opts   queryOptions
}

// parse parses a statement. Its Text has no trailing semicolon, because the engine
// refuses one (docs/protocol.md, section 3).
func parse(query string) (*sqltext.Statement, error) {
	st, err := sqltext.Parse(query)
	if err != nil {
		return nil, statementError(err)
	}
	return st, nil
}

// bind makes a request of a query, its arguments and the options among the
// arguments.
func (cn *conn) bind(ctx context.Context, query string, args []driver.NamedValue, opts []QueryOption) (*request, error) {
	st, err := parse(query)
	if err != nil {
		return nil, err
	}
	return cn.bindTo(ctx, query, st, args, opts)
}

// bindTo is bind for a statement that was parsed before.
func (cn *conn) bindTo(ctx context.Context, query string, st *sqltext.Statement, args []driver.NamedValue, opts []QueryOption) (*request, error) {
	req := &request{written: query, args: len(args), dml: st.DML()}
	var err error
	if req.opts, err = cn.c.options(ctx, opts); err != nil {
		return nil, err
	}
	if cn.c.cfg.Params == ParamsServer {
		req.text, req.params, err = st.Positional(args)
	} else {
		req.text, err = st.Render(args, cn.c.cfg.Loc)
	}
	if err != nil {
		return nil, statementError(err)
	}
	req.text = req.opts.tagged(req.text)
	return req, nil
}

// CheckNamedValue removes the options from a query's arguments, and leaves all other
// values unchanged. Whether and how a value can be sent depends on the statement.
func (cn *conn) CheckNamedValue(nv *driver.NamedValue) error {
	return cn.pending.check(nv)
}

var errOut = errors.New("e6data: the engine has no output parameters (sql.Out)")

// pendingOptions are the options that CheckNamedValue removed from a call's
// arguments, until the call itself. database/sql makes the call with the connection
// still locked. If database/sql finds the arguments wrong, the call never comes.
// list identifies the arguments to which the options belong.
type pendingOptions struct {
	list *driver.NamedValue // the first element of the arguments
	opts []QueryOption
}

// check removes nv if it is an option.
func (p *pendingOptions) check(nv *driver.NamedValue) error {
	// Of each list of arguments, the first one that is checked has ordinal 1 and a
	// new address. If it is removed, the next argument has ordinal 1 at the same
	// address.
	if nv.Ordinal == 1 && p.list != nv {
		*p = pendingOptions{list: nv}
	}
	switch v := nv.Value.(type) {
	case QueryOption:
		p.opts = append(p.opts, v)
		nv.Name = "" // database/sql would give the name to the next argument
		return driver.ErrRemoveArgument
	case sql.Out:
		*p = pendingOptions{}
		return errOut
	}
	return nil
}

// take returns the options that were among args, and drops the options of a call
// that never came.
func (p *pendingOptions) take(args []driver.NamedValue) []QueryOption {
	opts, list := p.opts, p.list
	*p = pendingOptions{}
	switch {
	case len(args) > 0:
		// args were checked just now, which dropped older options. A wrapped driver
		// may have copied args, so the address proves nothing here.
		return opts
	case cap(args) > 0 && &args[:1][0] == list:
		return opts // all arguments were options: args has no elements, but the same memory
	}
	return nil
}

// parameters asks the engine for the parameters of a prepared query, and returns
// their values from args (docs/protocol.md, section 9). If it fails, nothing was
// executed.
func (q *query) parameters(ctx context.Context, args []driver.NamedValue) ([]*wire.ParameterValue, error) {
	ctx, cancel := withTimeout(ctx, "prepare_timeout", q.lk.c.cfg.PrepareTimeout)
	defer cancel()
	resp := &wire.GetDynamicParamsResponse{}
	k := call{phase: PhasePrepare, method: wire.QueryEngineService_GetDynamicParams_FullMethodName, resp: resp}
	err := q.call(ctx, k, func(session string) proto.Message {
		return &wire.GetDynamicParamsRequest{EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID}
	})
	if err != nil {
		return nil, err
	}
	params := resp.GetParams()
	if len(params) != len(args) {
		return nil, q.refused(countError(args, len(params)))
	}
	slices.SortFunc(params, func(a, b *wire.ParameterValue) int { return cmp.Compare(a.GetIndex(), b.GetIndex()) })
	for i, p := range params {
		if int(p.GetIndex()) != i+1 {
			return nil, q.refused(fmt.Errorf("the engine's numbering of the statement's %d parameters leaves out number %d", len(params), i+1))
		}
		text, err := sqltext.Text(args[i], p.GetType(), q.lk.c.cfg.Loc)
		if err != nil {
			return nil, q.refused(err)
		}
		p.Value = text
	}
	return params, nil
}

// countError returns the error for the first argument that the engine and the driver
// count differently in the statement.
func countError(args []driver.NamedValue, engine int) error {
	e := &ArgumentError{Ordinal: len(args) + 1, Offset: -1}
	if engine < len(args) {
		e.Name, e.Ordinal = args[engine].Name, args[engine].Ordinal
	}
	e.Reason = fmt.Sprintf("the engine finds %d parameters in the statement, which has %d placeholders", engine, len(args))
	return e
}

// refused returns the error of a query with unsuitable arguments.
func (q *query) refused(err error) *Error {
	return &Error{Phase: PhasePrepare, QueryID: q.queryID, Strategy: q.state.Color.String(), Err: ownError(err)}
}
