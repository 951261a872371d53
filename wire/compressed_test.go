package wire_test

import (
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server of enginetest accepts compressed calls without the driver's package, which
// registers gzip as well. For that reason this test is not in enginetest, whose examples
// import the driver.
func TestServerAcceptsCompressedCallsWithoutTheDriver(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	cc, err := grpc.NewClient(srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cc.Close() }()
	engine := wire.NewQueryEngineServiceClient(cc)
	ctx := t.Context()
	if _, err := engine.HealthCheck(ctx, &wire.HealthCheckRequest{}, grpc.UseCompressor("gzip")); err != nil {
		t.Error(err)
	}
}
