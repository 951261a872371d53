package enginetest_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/protocoltest"
	"github.com/e6data/e6data-go/wire"
)

func TestSwitchWaitsForTheOldColour(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	blue := protocoltest.Connect(t, srv)
	query := blue.MustPrepare("SELECT 1")
	done := make(chan error, 1)
	go func() { done <- srv.Switch(protocoltest.Soon(t), enginetest.Blue, enginetest.Green) }()
	// Green is live when the switch has begun. Each refused call is a change that Wait looks at.
	other := *blue
	other.Color = enginetest.Green
	login := &wire.AuthenticateRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken}
	protocoltest.NoErr(t, srv.Wait(protocoltest.Soon(t), func(enginetest.Stats) bool {
		_, err := other.Authenticate(other.Context(), login)
		return err == nil
	}))
	green := blue.On(enginetest.Green)
	protocoltest.NoErr(t, query.Execute())
	select {
	case err := <-done:
		t.Fatalf("the switch did not wait: %v", err)
	default:
	}
	query.MustClear()
	protocoltest.NoErr(t, <-done)
	_, err := blue.Prepare("SELECT 1")
	protocoltest.WantErr(t, err, codes.Unknown, "status: 456")
	green.MustPrepare("SELECT 1").MustClear()
	protocoltest.Balanced(t, srv)
}

func TestSwitchCutsOffWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	query := protocoltest.Connect(t, srv).MustPrepare("SELECT 1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := srv.Switch(ctx, enginetest.Blue, enginetest.Green); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	protocoltest.WantErr(t, query.Execute(), codes.Unknown, "status: 456")
}
