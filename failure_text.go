package e6data

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A text proves something only if it is the whole message or begins it, because SQL
// errors quote statements, data and the errors of other systems (docs/protocol.md,
// section 6, "How to match texts").

// The texts with which grpc-go reports an answer that is not from the engine.
// TestWhatGRPCMakesOfAProxysAnswers checks them.
const (
	httpStatusPrefix = "unexpected http status code received from server: "
	receivedTooMuch  = "grpc: received message larger than max"
	unpackedTooMuch  = "grpc: received message after decompression larger than max"
)

// transportPrefixes can precede the text of a status. They are in lower case. gRPC's
// C core writes the first one, and the vendor's mock server the second one.
var transportPrefixes = [...]string{"received http2 header with ", "wrong strategy. "}

// Texts of the engine and of the proxies in front of it (docs/protocol.md, section
// 6). The letter case of accessDenied matters: storage systems write "Access
// Denied".
const (
	accessDenied        = "Access denied"
	noSuchCluster       = "no cluster-name header or unknown cluster"
	authUnavailableText = "authentication unavailable"
	queryCancelled      = "query cancelled"
)

// lostPrefixes begin grpc-go's texts about an answer that broke off or that grpc-go
// could not read. They are in lower case. The content of such an answer is lost.
var lostPrefixes = [...]string{
	"stream terminated by rst_stream with error code: ",
	"grpc: failed to ", // unmarshal, decompress
	"grpc: compressed flag set with identity or empty encoding",
	"grpc: decompressor is not installed",
	"grpc: received unexpected payload format",
	"transport: malformed ", // grpc-status, or another header
	"peer header list size exceeded limit",
	"cardinality violation: received no response message",
	"cardinality violation: expected <eof> for non server-streaming",
}

// illegible reports whether msg, in lower case, begins with one of lostPrefixes.
func illegible(msg string) bool {
	return slices.ContainsFunc(lostPrefixes[:], func(p string) bool { return strings.HasPrefix(msg, p) })
}

// tooLarge reports whether an answer exceeds Config.MaxRecvBytes.
func tooLarge(s *status.Status) bool {
	return s.Code() == codes.ResourceExhausted &&
		(strings.HasPrefix(s.Message(), receivedTooMuch) || strings.HasPrefix(s.Message(), unpackedTooMuch))
}

// hasStatus reports whether msg, in lower case and without transportPrefixes, is
// "status: n" or begins with it.
func hasStatus(msg, n string) bool {
	for cut := true; cut; {
		for _, p := range transportPrefixes {
			if msg, cut = strings.CutPrefix(msg, p); cut {
				break
			}
		}
	}
	rest, ok := strings.CutPrefix(msg, "status: "+n)
	return ok && (rest == "" || rest[0] < '0' || rest[0] > '9')
}

// classify returns the condition that a gRPC status shows, in each form in which it
// can reach a client (docs/protocol.md, section 6). sent reports whether the call
// may have left this process.
func classify(phase Phase, s *status.Status, sent bool) condition {
	msg := strings.ToLower(s.Message())
	if rest, ok := strings.CutPrefix(msg, httpStatusPrefix); ok {
		// A proxy answered. The text after the status may quote the proxy's page, so
		// that classify looks for nothing else. A 404 is not the engine's
		// UNIMPLEMENTED.
		switch {
		case strings.HasPrefix(rest, "456"):
			return wrongStrategy
		case strings.HasPrefix(rest, "503"):
			return suspended
		}
		return noAnswer
	}
	if isEmptyUnknown(s) || isGarbled(s) {
		return mute
	}
	if illegible(msg) {
		return noAnswer
	}
	if (phase == PhaseMetadata || phase == PhaseFetch) && strings.HasPrefix(msg, queryCancelled) {
		return cancelledElsewhere
	}
	switch s.Code() {
	case codes.Unknown, codes.InvalidArgument:
		if hasStatus(msg, "456") {
			return wrongStrategy
		}
	case codes.Unavailable:
		return classifyUnavailable(msg, sent)
	case codes.Canceled, codes.DeadlineExceeded:
		if !sent {
			return unsent
		}
		return noAnswer
	case codes.Internal:
		switch {
		case strings.HasPrefix(s.Message(), accessDenied):
			return sessionExpired
		case strings.Contains(s.Message(), accessDenied):
			return denialMentioned
		}
	case codes.Unimplemented:
		if strings.HasPrefix(msg, noSuchCluster) {
			return unknownCluster
		}
		return unimplemented
	}
	return noCondition
}

func classifyUnavailable(msg string, sent bool) condition {
	switch {
	case hasStatus(msg, "503"):
		return suspended
	case !sent:
		return unsent
	case strings.HasPrefix(msg, authUnavailableText):
		return authUnavailable
	}
	return noAnswer
}

// isEmptyUnknown reports whether an answer is UNKNOWN without a message. Either a
// proxy claimed to speak gRPC and sent no status, or the engine threw an exception
// (docs/protocol.md, section 6). The meaning of such an answer is lost.
func isEmptyUnknown(s *status.Status) bool { return s.Code() == codes.Unknown && s.Message() == "" }

// isGarbled reports whether a proxy claimed to speak gRPC and sent a text. gRPC
// reads four letters of the text as a size. With a bound for answers the error is in
// the form of docs/protocol.md, section 6. Without a bound it is one of the other
// forms.
func isGarbled(s *status.Status) bool {
	switch s.Code() {
	case codes.ResourceExhausted:
		const fourBlanks = 0x20202020
		var size, bound int64
		n, _ := fmt.Sscanf(s.Message(), receivedTooMuch+" (%d vs. %d)", &size, &bound)
		return n == 2 && size >= fourBlanks
	case codes.Internal:
		return s.Message() == "unexpected EOF" || s.Message() == "server closed the stream without sending trailers"
	}
	return false
}

// pingsRefused reports whether a server ended the connection because the driver
// pings it more often than the server allows.
func pingsRefused(msg string) bool {
	return strings.Contains(msg, "ENHANCE_YOUR_CALM") && strings.Contains(msg, "too_many_pings")
}
