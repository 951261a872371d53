package chaos

import (
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
)

// colours is the state of the two colours.
type colours struct {
	live   string    // the colour for new queries
	old    string    // the other colour while it is still live, else ""
	dies   time.Time // the time at which old goes
	flips  int       // number of further swaps of live and old
	flipAt time.Time

	// early is a colour that is announced and does not serve yet. The proxy refuses
	// it, or if down is set, it does not answer.
	early    string
	down     *enginetest.Injected
	admitted time.Time     // the time at which early serves or is withdrawn
	lasts    time.Duration // the time for which the colour before it remains after that; 0: early is withdrawn

	// noneUntil is the end of the gap without a live colour, or zero if there is
	// no gap.
	noneUntil time.Time
	// upAt is the end of the outage, which release ends. It is zero if there is
	// no outage.
	upAt    time.Time
	release func()
}

func other(colour string) string {
	if colour == enginetest.Blue {
		return enginetest.Green
	}
	return enginetest.Blue
}

// show sets the live colours of the engine.
func (w *weather) show() {
	var live []string
	if w.noneUntil.IsZero() {
		live = append(live, w.live)
		if w.old != "" {
			live = append(live, w.old)
		}
		if w.early != "" && w.down != nil {
			live = append(live, w.early)
		}
	}
	w.srv.SetLive(live...)
}

// doDue makes the changes of colours that are due.
func (w *weather) doDue(now time.Time) {
	switch {
	case w.flips > 0 && now.After(w.flipAt):
		w.flip()
	case w.old != "" && now.After(w.dies):
		w.kill()
	}
	if w.early != "" && now.After(w.admitted) {
		w.admit()
	}
	if !w.noneUntil.IsZero() && now.After(w.noneUntil) {
		w.endGap(now)
	}
	if !w.upAt.IsZero() && now.After(w.upAt) {
		w.endOutage(now)
	}
}

// ms returns a random time from least to most milliseconds.
func (w *weather) ms(least, most int) time.Duration {
	return time.Duration(least+w.rand.IntN(most-least)) * time.Millisecond
}

// announce begins a switch. The old colour goes some time later.
func (w *weather) announce() { w.begin(w.ms(50, 900)) }

// begin begins a switch after which the old colour remains for d.
func (w *weather) begin(d time.Duration) {
	if w.old != "" || w.early != "" {
		return
	}
	w.old, w.live = w.live, other(w.live)
	w.dies = time.Now().Add(d)
	w.journal.logf("%s announced, %s lasts %v", w.live, w.old, d)
	w.show()
	w.srv.Announce(w.live)
}

// fast begins a switch that is reversed and repeated, faster than queries run. The
// colour that is old in the end remains for d.
func (w *weather) fast(d time.Duration) {
	if w.old != "" || w.early != "" {
		return
	}
	w.flips = 1 + w.rand.IntN(6)
	w.journal.logf("%d fast switches follow", w.flips)
	w.journal.count("fast switches began")
	w.begin(d)
	w.flipAt = time.Now().Add(w.ms(0, 60))
}

// flip announces the old colour.
func (w *weather) flip() {
	w.flips--
	w.flipAt = time.Now().Add(w.ms(0, 60))
	w.old, w.live = w.live, w.old
	w.journal.logf("%s announced again", w.live)
	w.srv.Announce(w.live)
}

// kill ends a switch.
func (w *weather) kill() {
	w.journal.logf("%s dies", w.old)
	w.journal.note(death, w.old)
	w.old, w.flips = "", 0
	w.show()
	w.srv.Announce("")
}

// sudden swaps the colours without an announcement.
func (w *weather) sudden() {
	w.settle()
	w.old, w.live = w.live, other(w.live)
	w.kill()
}

// settle ends every change of colours.
func (w *weather) settle() {
	if w.early != "" {
		w.lasts = 0
		w.admit()
	}
	if w.old != "" {
		w.kill()
	}
}

// announceEarly announces a colour that does not serve yet. Some time later it
// serves, or its announcement ends. No query may fail: queries run on the colour
// that serves them.
func (w *weather) announceEarly(down bool, lasts time.Duration) {
	if w.old != "" || w.early != "" {
		return
	}
	w.early = other(w.live)
	d := w.ms(20, 900)
	w.admitted, w.lasts = time.Now().Add(d), lasts
	w.journal.logf("%s announced, down %t, for %v; then %s lasts %v", w.early, down, d, w.live, lasts)
	if down {
		w.down = w.srv.Inject(enginetest.Fault{
			Strategy: w.early,
			Err:      status.Error(codes.Unavailable, unavailable),
			Do:       func() { w.journal.count("calls met an announced colour that was down") },
		})
		w.journal.count("a colour was announced and down")
	} else {
		w.journal.count("a colour was announced and refused")
	}
	w.journal.note(early, "")
	w.show()
	w.srv.Announce(w.early)
}

// admit makes the early colour serve, or withdraws it.
func (w *weather) admit() {
	was, lasts := w.early, w.lasts
	w.early = ""
	w.journal.noteAgain(early)
	if lasts > 0 {
		w.releaseDown()
		w.begin(lasts)
		return
	}
	w.journal.logf("%s is not announced any more", was)
	w.srv.Announce("")
	w.show()
	w.releaseDown()
}

func (w *weather) releaseDown() {
	if w.down != nil {
		w.down.Release()
		w.down = nil
	}
}

// none makes a gap without a live colour. The engine keeps its queries during
// the gap.
func (w *weather) none() {
	if !w.noneUntil.IsZero() {
		return
	}
	w.journal.logf("no colour is live")
	w.journal.note(gap, "")
	w.noneUntil = time.Now().Add(moment)
	w.show()
}

func (w *weather) endGap(now time.Time) {
	w.journal.logf("%s is live again", w.live)
	w.noteLate(gap, now, w.noneUntil)
	w.noneUntil = time.Time{}
	w.show()
}

// outage makes the engine or the proxy answer every call with 503.
func (w *weather) outage() {
	if !w.upAt.IsZero() {
		return
	}
	proxied := w.rand.IntN(2) == 0
	w.journal.logf("everything is answered with 503, by the proxy %t", proxied)
	w.journal.note(outage, "")
	count := func() { w.journal.count("calls met a short 503") }
	if proxied {
		w.release = w.proxy.Inject(enginetest.ProxyFault{
			Shape: enginetest.Shape{Status: http.StatusServiceUnavailable, Body: "no healthy upstream"}, Do: count,
		}).Release
	} else {
		w.release = w.srv.Inject(enginetest.Fault{Err: status.Error(codes.Unavailable, "status: 503"), Do: count}).Release
	}
	w.upAt = time.Now().Add(moment)
}

func (w *weather) endOutage(now time.Time) {
	w.release()
	w.noteLate(outage, now, w.upAt)
	w.upAt = time.Time{}
}

// noteLate records a disturbance again if it took longer than planned.
func (w *weather) noteLate(kind disturbance, now, end time.Time) {
	if now.Sub(end) > moment/3 {
		w.journal.noteAgain(kind)
	}
}
