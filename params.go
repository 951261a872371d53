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

// request is a query as it is to be sent.
type request struct {
	written string // as the application wrote it
	text    string // to send
	args    int    // how many arguments were given
	dml     bool   // the statement changes rows
	// params are the arguments of text's placeholders, with [ParamsServer].
	params []driver.NamedValue
	opts   queryOptions
}

// parse reads a statement. Its Text is what the engine takes, which refuses a
// trailing semicolon (docs/protocol.md, section 3).
func parse(query string) (*sqltext.Statement, error) {
	st, err := sqltext.Parse(query)
	if err != nil {
		return nil, statementError(err)
	}
	return st, nil
}

// bind makes a request of a query, its arguments and the options that were among
// them.
func (cn *conn) bind(ctx context.Context, query string, args []driver.NamedValue, opts []QueryOption) (*request, error) {
	st, err := parse(query)
	if err != nil {
		return nil, err
	}
	return cn.bindTo(ctx, query, st, args, opts)
}

// bindTo is bind for a statement that was read before.
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

// CheckNamedValue takes the options out of a query's arguments, and leaves all
// other values as they are: which can be sent, and how, is known when the
// statement is.
func (cn *conn) CheckNamedValue(nv *driver.NamedValue) error {
	return cn.pending.check(nv)
}

var errOut = errors.New("e6data: the engine has no output parameters (sql.Out)")

// pendingOptions are the options that CheckNamedValue took out of a call's
// arguments, until the call itself, which database/sql makes with the connection
// still locked. It may find the arguments wrong, and then there is no call: list
// tells whose options they are.
type pendingOptions struct {
	list *driver.NamedValue // the first element of the arguments
	opts []QueryOption
}

// check takes nv out when it is an option.
func (p *pendingOptions) check(nv *driver.NamedValue) error {
	// Whatever is removed, the first argument that is looked at has ordinal 1, and
	// those that follow it until one is kept have, too, in the same place.
	if nv.Ordinal == 1 && p.list != nv {
		*p = pendingOptions{list: nv}
	}
	switch v := nv.Value.(type) {
	case QueryOption:
		p.opts = append(p.opts, v)
		nv.Name = "" // or the next argument would get it
		return driver.ErrRemoveArgument
	case sql.Out:
		*p = pendingOptions{}
		return errOut
	}
	return nil
}

// take returns the options that were among args. What was checked for a call
// that was not made is dropped.
func (p *pendingOptions) take(args []driver.NamedValue) []QueryOption {
	opts, list := p.opts, p.list
	*p = pendingOptions{}
	switch {
	case len(args) > 0:
		// They were checked just now, which dropped what was there before, also if a
		// driver in between has copied them.
		return opts
	case cap(args) > 0 && &args[:1][0] == list:
		return opts // all were options: args has no elements, but their memory
	}
	return nil
}

// parameters asks the engine what parameters a prepared query has, and makes them
// of its arguments (docs/protocol.md, section 9). Nothing has been executed when it fails.
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
			return nil, q.refused(fmt.Errorf("the engine numbers the statement's %d parameters in a way that leaves number %d out", len(params), i+1))
		}
		text, err := sqltext.Text(args[i], p.GetType(), q.lk.c.cfg.Loc)
		if err != nil {
			return nil, q.refused(err)
		}
		p.Value = text
	}
	return params, nil
}

// countError says which argument is the first that the engine and the statement's
// text, as the driver reads it, disagree about.
func countError(args []driver.NamedValue, engine int) error {
	e := &ArgumentError{Ordinal: len(args) + 1, Offset: -1}
	if engine < len(args) {
		e.Name, e.Ordinal = args[engine].Name, args[engine].Ordinal
	}
	e.Reason = fmt.Sprintf("the engine finds %d parameters in the statement, which has %d placeholders", engine, len(args))
	return e
}

// refused is the error of a query whose arguments do not fit.
func (q *query) refused(err error) *Error {
	return &Error{Phase: PhasePrepare, QueryID: q.queryID, Strategy: q.state.Color.String(), Err: ownError(err)}
}
