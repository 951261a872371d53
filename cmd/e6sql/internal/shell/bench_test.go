//go:build unix

package shell_test

import (
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
)

// BenchmarkStartup measures the time from the start of the process to the first prompt on
// the screen.
func BenchmarkStartup(b *testing.B) {
	srv := newEngine(b)
	for b.Loop() {
		term := openTerminal(b, dsn(srv))
		term.prompt()
		b.StopTimer()
		term.leave()
		b.StartTimer()
	}
}

// BenchmarkInterrupt measures the time from Ctrl-C to the next prompt, while the engine
// hangs in a call.
func BenchmarkInterrupt(b *testing.B) {
	for _, method := range []string{"prepareStatement", "executeStatement", "getNextResultBatch"} {
		b.Run(method, func(b *testing.B) {
			srv := newEngine(b)
			term := openTerminal(b, dsn(srv))
			var total, most time.Duration
			n := 0
			for b.Loop() {
				hang := srv.Inject(enginetest.Fault{Method: method, Hang: true})
				term.prompt()
				term.send("SELECT 'long';" + enter)
				await(b, hang.Struck())
				begin := time.Now()
				term.interrupt()
				took := time.Since(begin)
				total, most, n = total+took, max(most, took), n+1
				hang.Release()
				term.send("\x0c") // Ctrl-L clears the screen, so that prompts can be counted
				term.await("empty screen", func(screen string) bool { return screen == "lake.sales>\n" })
			}
			b.ReportMetric(float64(total.Milliseconds())/float64(n), "ms/interrupt")
			b.ReportMetric(float64(most.Milliseconds()), "ms-max")
			term.leave()
		})
	}
}
