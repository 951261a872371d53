package e6data

import "time"

// action is what follows a call that failed; the zero action reports the error.
type action uint8

const (
	// again makes the same call once more, after a pause.
	again action = iota + 1
	// renew makes the same call once more, with another session.
	renew
	// restart begins anew on what is live now: it finds the colour, gets a session
	// there, and prepares.
	restart
	// resume waits until the cluster runs, and then begins anew.
	resume
	// newToken makes the same call once more with a renewed access token;
	// withToken does so, and its callers report the error.
	newToken
	// drop reports the error, and no later query uses the session.
	drop
)

// policy says what follows a failed call, by the phase it was made in and the
// condition that its answer shows (docs/protocol.md, section 6); where it is silent, the
// error is reported. TestREADME writes the README's table from it.
//
// A 456, a message that begins with a denial, and an authentication service that is
// down are answered before anything else is done, and a call that was not sent has
// reached nobody. Where the answer was lost, only calls that execute nothing are
// made again: at worst the engine is left with a prepared query that nobody runs,
// whose id is lost either way, and clearing a query that is cleared already harms
// nobody; the same goes for watching and cancelling it. Once a query may have been
// executed nothing executes it again, and a result call is not repeated, because it
// may have consumed rows. A call that was not sent because the two sides of a TLS
// handshake do not accept each other is not made again either: that will not change
// by itself.
//
// A denial inside a message proves nothing (denialMentioned). What executes and
// consumes nothing is repeated with a new session, once; execute and fetch are
// not. Whatever the phase, a session that replaces a denied one and is denied
// itself is not replaced again: see decideSession.
//
// An answer without a status (mute) is taken for a 456 before execute, once; see
// startOver.
//
// With OAuth there is one condition more, a refused token: UNAUTHENTICATED, or
// "Access denied" to a call that brought no session. A refusal comes before
// anything else is done, so the call is made once more with a renewed token, also
// for a batch: should the engine have consumed that nevertheless, the row count
// tells. Only execute is not repeated, where nothing would tell: docs/protocol.md, section
// 6 does not count UNAUTHENTICATED as proof that the engine did not see it. A
// query that brings a session which an answer gave it goes on without when that
// is denied.
//
// A resume asks the other colour on a 456; for lost answers see resumeCluster.
var policy = map[Phase]map[condition]action{
	PhaseConnect: {
		wrongStrategy: restart, noLiveColor: restart, colorDown: restart, mute: restart, suspended: resume,
		unsent: restart, noAnswer: restart, authUnavailable: restart, stuck: restart, tokenRefused: newToken,
	},
	PhasePing: {
		wrongStrategy: restart, colorDown: restart, mute: restart, suspended: again,
		unsent: again, noAnswer: again, authUnavailable: again, tokenRefused: newToken,
	},
	PhasePrepare: {
		wrongStrategy: restart, colorDown: restart, mute: restart, sessionExpired: restart, denialMentioned: restart,
		suspended: resume, unsent: again, noAnswer: again, authUnavailable: again, tokenRefused: newToken,
	},
	PhaseExecute: {
		wrongStrategy: restart, sessionExpired: restart, denialMentioned: drop,
		unsent: again, authUnavailable: again,
	},
	PhaseMetadata: {
		sessionExpired: renew, denialMentioned: renew, unsent: again, authUnavailable: again, tokenRefused: newToken,
	},
	PhaseFetch: {
		sessionExpired: renew, denialMentioned: drop, unsent: again, authUnavailable: again, tokenRefused: newToken,
	},
	PhaseResume: {unsent: again, authUnavailable: again, tokenRefused: newToken},
	PhaseClear: {
		wrongStrategy: again, mute: again, sessionExpired: renew, denialMentioned: renew, suspended: again,
		unsent: again, noAnswer: again, authUnavailable: again, tokenRefused: newToken,
	},
	PhaseCatalog: {
		wrongStrategy: restart, colorDown: restart, mute: restart, sessionExpired: restart, denialMentioned: restart,
		suspended: resume, unsent: again, noAnswer: again, authUnavailable: again, tokenRefused: newToken,
	},
	PhaseStatus: {
		mute: again, sessionExpired: renew, denialMentioned: renew, unsent: again, noAnswer: again, authUnavailable: again,
		tokenRefused: newToken,
	},
	PhaseExplain: {
		mute: again, sessionExpired: renew, denialMentioned: renew, unsent: again, noAnswer: again, authUnavailable: again,
		tokenRefused: newToken,
	},
	PhaseCancel: {
		wrongStrategy: again, mute: again, sessionExpired: renew, denialMentioned: renew, suspended: again,
		unsent: again, noAnswer: again, authUnavailable: again, tokenRefused: newToken,
	},
}

// actionAfter returns what follows an error of a call that was made in a phase.
func actionAfter(phase Phase, err error) action { return policy[phase][conditionOf(err)] }

// retryDelay is the pause before the second try where a moment helps.
const retryDelay = 100 * time.Millisecond

// delayAfter returns about how long to wait after the given try, counted from 1,
// has failed with err. An answer of a proxy that one colour is not live is followed
// by the next try at once, since the other may be; where both are refused, and where
// a connection or a cluster is down, each pause is twice as long as the one before.
// A session is tried again after 200 ms (docs/protocol.md, section 6).
func delayAfter(attempt int, err error) time.Duration {
	switch conditionOf(err) {
	case sessionExpired, denialMentioned:
		return 2 * retryDelay
	case unsent, noAnswer, authUnavailable:
		return retryDelay << min(attempt-1, 5)
	case suspended, noLiveColor:
		return retryDelay / 2 << min(attempt-1, 5)
	case wrongStrategy, mute, colorDown:
		if attempt > 1 {
			return retryDelay << min(attempt-2, 5)
		}
	}
	return 0
}
