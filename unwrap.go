package e6data

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
)

// rawConn is a pool's connection: an *sql.Conn, or a library's type around one.
type rawConn interface {
	Raw(f func(driverConn any) error) error
}

// checkOut returns a connection of db, and the function that returns it to the pool.
func checkOut(ctx context.Context, db any) (rawConn, func() error, error) {
	switch db := db.(type) {
	case rawConn:
		return db, func() error { return nil }, nil
	case interface {
		Conn(ctx context.Context) (*sql.Conn, error)
	}:
		sc, err := db.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		return sc, sc.Close, nil
	}
	return checkOutOf(ctx, db)
}

// checkOutOf is checkOut for a db whose method Conn returns a connection of another
// type, as that of *bun.DB does.
func checkOutOf(ctx context.Context, db any) (rawConn, func() error, error) {
	unfit := fmt.Errorf("e6data: UseConn takes a *sql.DB or a *sql.Conn, not a %T", db)
	if db == nil {
		return nil, nil, unfit
	}
	method := reflect.ValueOf(db).MethodByName("Conn")
	if !method.IsValid() {
		return nil, nil, unfit
	}
	var (
		t       = method.Type()
		parent  = reflect.TypeFor[context.Context]()
		result  = reflect.TypeFor[closingConn]()
		failure = reflect.TypeFor[error]()
	)
	if t.IsVariadic() || t.NumIn() != 1 || t.In(0) != parent || t.NumOut() != 2 || !t.Out(0).Implements(result) || t.Out(1) != failure {
		return nil, nil, unfit
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx)})
	if err, _ := out[1].Interface().(error); err != nil {
		return nil, nil, err
	}
	conn, ok := out[0].Interface().(closingConn)
	if !ok {
		return nil, nil, unfit // a nil interface value
	}
	return conn, conn.Close, nil
}

// closingConn is a rawConn that its user must close.
type closingConn interface {
	rawConn
	Close() error
}

// maxWrappers bounds how many drivers may be wrapped around this driver. Without the
// bound, a wrapper that returns itself would cause an endless loop.
const maxWrappers = 32

// unwrap returns the driver's connection inside the wrappers of other drivers.
func unwrap(ctx context.Context, raw any) (*conn, error) {
	for range maxWrappers {
		switch dc := raw.(type) {
		case *conn:
			return dc, nil
		case interface{ Raw() driver.Conn }:
			raw = dc.Raw()
		case interface{ WrappedConn() driver.Conn }:
			raw = dc.WrappedConn()
		case interface{ Conn() driver.Conn }:
			raw = dc.Conn()
		default:
			return ask(ctx, raw)
		}
	}
	return nil, fmt.Errorf("e6data: more than %d drivers are wrapped around this one, a %T the last of them", maxWrappers, raw)
}

// askKey is the context key of a **conn. A Ping with this key only stores its
// connection there.
type askKey struct{}

// ask returns the driver's connection inside a wrapper that has no method for it. It
// calls Ping, which a wrapper passes on with its context.
func ask(ctx context.Context, raw any) (*conn, error) {
	if pinger, ok := raw.(driver.Pinger); ok {
		var found *conn
		err := pinger.Ping(context.WithValue(ctx, askKey{}, &found))
		switch {
		case found != nil:
			return found, nil
		case err != nil && errors.Is(err, ctx.Err()):
			return nil, err
		}
	}
	return nil, fmt.Errorf("e6data: a connection of another driver, %T", raw)
}

// answer stores the connection in ctx's **conn, and reports whether there is one.
func (cn *conn) answer(ctx context.Context) bool {
	found, ok := ctx.Value(askKey{}).(**conn)
	if ok {
		*found = cn
	}
	return ok
}
