package enginetest_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func TestSwitchWaitsForTheOldColour(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	blue := connect(t, srv)
	query := blue.mustPrepare("SELECT 1")
	done := make(chan error, 1)
	go func() { done <- srv.Switch(soon(t), enginetest.Blue, enginetest.Green) }()
	// Green is live when the switch has begun. Each refused call is a change that Wait looks at.
	other := *blue
	other.colour = enginetest.Green
	login := &wire.AuthenticateRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken}
	noErr(t, srv.Wait(soon(t), func(enginetest.Stats) bool {
		_, err := other.Authenticate(other.ctx(), login)
		return err == nil
	}))
	green := blue.on(enginetest.Green)
	noErr(t, query.execute())
	select {
	case err := <-done:
		t.Fatalf("the switch did not wait: %v", err)
	default:
	}
	query.mustClear()
	noErr(t, <-done)
	_, err := blue.prepare("SELECT 1")
	wantErr(t, err, codes.Unknown, "status: 456")
	green.mustPrepare("SELECT 1").mustClear()
	balanced(t, srv)
}

func TestSwitchCutsOffWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	query := connect(t, srv).mustPrepare("SELECT 1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := srv.Switch(ctx, enginetest.Blue, enginetest.Green); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	wantErr(t, query.execute(), codes.Unknown, "status: 456")
}
