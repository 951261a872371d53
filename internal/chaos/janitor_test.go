package chaos

import (
	"context"
	"regexp"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// janitor finds and clears the queries that are open after the driver was
// closed. The engine's books list a few at a time.
type janitor struct {
	t      *testing.T
	srv    *enginetest.Server
	ledger *ledger
}

func newJanitor(t *testing.T, srv *enginetest.Server, l *ledger) *janitor {
	return &janitor{t, srv, l}
}

var openQuery = regexp.MustCompile(`(?m)^\t(query-(\w+)-\d+) \(`)

func (j *janitor) sweep() (open []entry) {
	channel, err := grpc.NewClient(j.srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		j.t.Fatal(err)
	}
	defer channel.Close()
	client := wire.NewQueryEngineServiceClient(channel)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	j.srv.ClearFaults()
	j.srv.SetLive(enginetest.Blue, enginetest.Green)
	for {
		before := len(open)
		for _, m := range openQuery.FindAllStringSubmatch(errorText(j.srv.Balanced()), -1) {
			q := j.ledger.query(m[1])
			open = append(open, q)
			ctx := metadata.AppendToOutgoingContext(ctx, "strategy", m[2], "plannerip", q.planner)
			session, err := client.Authenticate(ctx, &wire.AuthenticateRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken})
			if err == nil {
				_, err = client.ClearOrCancelQuery(ctx, &wire.ClearOrCancelQueryRequest{
					EngineIP: q.planner, SessionId: session.GetSessionId(), QueryId: q.id,
				})
			}
			if err != nil {
				j.t.Errorf("clearing %s: %v", q.id, err)
				return open
			}
		}
		if len(open) == before {
			return open
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
