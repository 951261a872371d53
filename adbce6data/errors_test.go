package adbce6data_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/adbce6data"
	"github.com/e6data/e6data-go/enginetest"
)

// Errors of the engine have a status, a SQLSTATE and the facts.
func TestErrors(t *testing.T) {
	tests := map[string]struct {
		fault   enginetest.Fault
		config  enginetest.Config
		status  adbc.Status
		state   string
		is      error
		details map[string]string
	}{
		"refused SQL": {
			fault:  enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.Internal, "Query validation failed: no table x at line 3, column 14")},
			status: adbc.StatusInvalidArgument, state: "42000", is: e6data.ErrSQL,
			details: map[string]string{adbce6data.DetailPhase: "prepare", adbce6data.DetailGRPCCode: "13", adbce6data.DetailPlace: "3:14", adbce6data.DetailStrategy: "blue"},
		},
		"a lost answer of execute": {
			fault:  enginetest.Fault{Method: "executeStatement", After: true, Drop: true},
			status: adbc.StatusUnknown, state: "08007", is: e6data.ErrAmbiguousExecution,
			details: map[string]string{adbce6data.DetailPhase: "execute", adbce6data.DetailQueryID: "query-blue-000001", adbce6data.DetailKind: e6data.ErrAmbiguousExecution.Error()},
		},
		"a lost batch": {
			fault:  enginetest.Fault{Method: "getNextResultBatch", Skip: 1, After: true, Drop: true},
			status: adbc.StatusIO, state: "08006", is: e6data.ErrIncompleteResult,
			details: map[string]string{adbce6data.DetailPhase: "fetch", adbce6data.DetailQueryID: "query-blue-000001"},
		},
		"forbidden": {
			fault:  enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.PermissionDenied, "no right to read x")},
			status: adbc.StatusUnauthorized, state: "42501",
			details: map[string]string{adbce6data.DetailGRPCCode: "7"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			srv := newNumbers(t)
			s := newStatement(t, openConnection(t, srv), "SELECT n")
			srv.Inject(test.fault)
			reader, _, err := s.ExecuteQuery(within(t))
			if err == nil {
				_, err = readInts(reader)
				reader.Release()
			}
			if err == nil {
				t.Fatal("there is no error")
			}
			e := adbcError(t, err)
			if e.Code != test.status || string(e.SqlState[:]) != test.state || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v, want the status %v and the SQLSTATE %s", err, test.status, test.state)
			}
			found := map[string]string{}
			for _, d := range e.Details {
				value, err := d.Serialize()
				if err != nil {
					t.Error(err)
				}
				found[d.Key()] = string(value)
			}
			for key, want := range test.details {
				if found[key] != want {
					t.Errorf("the detail %s is %q, want %q", key, found[key], want)
				}
			}
		})
	}
}

// Open returns the errors of authentication and of connecting, without a secret.
func TestOpenErrors(t *testing.T) {
	srv := enginetest.Start(t, enginetest.Config{})
	wrong := openDatabase(t, srv, "e6data.max_attempts", "1")
	srv.Inject(enginetest.Fault{Method: "authenticate", Err: status.Error(codes.Unauthenticated, "wrong token")})
	_, err := wrong.Open(within(t))
	if e := adbcError(t, err); e.Code != adbc.StatusUnauthenticated || string(e.SqlState[:]) != "28000" || !errors.Is(err, e6data.ErrAuthentication) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = openDSN(t, srv.DSN()).Open(ctx)
	if e := adbcError(t, err); e.Code != adbc.StatusCancelled {
		t.Error(err)
	}
	gone := openDSN(t, "e6data://me:s3cret@127.0.0.1:1/?max_attempts=1&connect_timeout=5s")
	_, err = gone.Open(within(t))
	if e := adbcError(t, err); e.Code != adbc.StatusIO || strings.Contains(e.Msg, "s3cret") {
		t.Error(err)
	}
}
