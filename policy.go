package e6data

import "time"

// action is the reaction to a failed call. The zero action reports the error.
type action uint8

const (
	// again repeats the call after a pause.
	again action = iota + 1
	// renew repeats the call with another session.
	renew
	// restart starts again on the live colour: it finds the colour, gets a session
	// there, and prepares.
	restart
	// resume waits until the cluster runs, and then starts again.
	resume
	// newToken repeats the call with a renewed access token. withToken does this;
	// the callers of withToken report the error.
	newToken
	// drop reports the error and discards the session.
	drop
)

// policy maps the phase of a failed call and the condition of its answer to the
// reaction (docs/protocol.md, section 6). Without an entry the error is reported.
// TestREADME writes the README's table from policy.
//
// The engine or a proxy answers with a 456, with a message that begins with a
// denial, or that the authentication service is down, before it does anything else.
// A call that was not sent reached no engine. If the answer was lost, only calls
// that execute nothing are repeated. At worst the engine then keeps a prepared query
// that will not run, whose id is lost in any case. A query can be cleared twice,
// watched twice or cancelled twice without harm. If a query may have been executed,
// nothing executes it again. A result call is not repeated, because it may have
// consumed rows. If a TLS handshake failed because the two sides do not accept each
// other, the call is not repeated either, because the next handshake will fail, too.
//
// A denial inside a message proves nothing (denialMentioned). Calls that execute and
// consume nothing are repeated once, with a new session. Execute and fetch are not.
// In every phase, a session that replaced a denied one and is denied itself is not
// replaced again: see decideSession.
//
// Before execute, an answer without a status (mute) is treated as a 456, once; see
// startOver.
//
// OAuth adds one condition, a refused token: UNAUTHENTICATED, or "Access denied" for
// a call without a session. The engine refuses a token before it does anything else,
// so the call is repeated once with a renewed token. This includes a batch: if the
// engine consumed it nevertheless, the row count shows the loss. Execute is not
// repeated, because nothing would show a second execution: docs/protocol.md, section
// 6 does not count UNAUTHENTICATED as proof that the engine did not receive the
// call. If an answer gave a query a session and that session is denied, the query
// goes on without it.
//
// A resume asks the other colour on a 456. For lost answers see resumeCluster.
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

// actionAfter returns the reaction to an error of a call that was made in a phase.
func actionAfter(phase Phase, err error) action { return policy[phase][conditionOf(err)] }

// retryDelay is the pause before the second try, for conditions that may pass in a
// moment.
const retryDelay = 100 * time.Millisecond

// delayAfter returns about how long to wait after try number attempt, from 1, failed
// with err. If one colour is not live, the next try follows at once, because the
// other colour may be live. If both colours refuse, or a connection or a cluster is
// down, each pause is twice as long as the one before. A session is tried again
// after 200 ms (docs/protocol.md, section 6).
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
