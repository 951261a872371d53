package enginetest

import (
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
)

// Shape is the form of an answer that the proxy gives. The zero value is no answer.
type Shape struct {
	// Status is the HTTP status. Default: 200.
	Status int
	// ContentType is the content-type header. Default: application/grpc if Code is set,
	// otherwise text/plain.
	ContentType string
	// Body is the answer's body.
	Body string
	// Code and Message are the headers grpc-status and grpc-message of a gRPC answer
	// that has headers only. With codes.OK the answer has neither header.
	Code    codes.Code
	Message string
	// Reset forwards the call to the engine, and ends the engine's answer with
	// RST_STREAM after Bytes bytes of its body. The code is INTERNAL_ERROR, as Go's HTTP
	// server sends it. A body is a message and the five bytes that gRPC puts before it.
	// With Reset the other fields have no effect.
	Reset bool
	Bytes int
}

// String returns a short description of the shape.
func (s Shape) String() string {
	switch {
	case s == Shape{}:
		return "none"
	case s.Reset:
		return fmt.Sprintf("RST_STREAM after %d bytes", s.Bytes)
	case s.Code != codes.OK:
		return fmt.Sprintf("gRPC %v %q", s.Code, s.Message)
	case s.Body != "":
		return fmt.Sprintf("HTTP %d %s %q", s.status(), s.contentType(), s.Body)
	}
	return fmt.Sprintf("HTTP %d %s", s.status(), s.contentType())
}

func (s Shape) status() int {
	if s.Status == 0 {
		return http.StatusOK
	}
	return s.Status
}

func (s Shape) contentType() string {
	switch {
	case s.ContentType != "":
		return s.ContentType
	case s.Code != codes.OK:
		return "application/grpc"
	}
	return "text/plain"
}

func (s Shape) header() http.Header {
	h := http.Header{"Content-Type": {s.contentType()}}
	if s.Code != codes.OK {
		h.Set("Grpc-Status", fmt.Sprint(int(s.Code)))
		h.Set("Grpc-Message", percentEncode(s.Message))
	}
	return h
}

// percentEncode encodes a grpc-message header as gRPC over HTTP/2 requires.
func percentEncode(msg string) string {
	var b strings.Builder
	for i := range len(msg) {
		if c := msg[i]; c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
