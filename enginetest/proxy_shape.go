package enginetest

import (
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
)

// Shape is the look of an answer that is not the engine's own. The zero value is
// none.
type Shape struct {
	// Status is the HTTP status; 0 stands for 200.
	Status int
	// ContentType is the content-type header. Empty stands for text/plain, or
	// for application/grpc when Code is set.
	ContentType string
	// Body is the answer's body.
	Body string
	// Code and Message make a gRPC answer of it that has headers only, among
	// them grpc-status and grpc-message. With codes.OK there are none.
	Code    codes.Code
	Message string
	// Reset breaks the engine's own answer off, after Bytes bytes of its body, with
	// RST_STREAM (code INTERNAL_ERROR, as Go's HTTP server has it). A body is a
	// message and the five bytes that gRPC puts before it. The engine has seen the
	// call. What the other fields say does not count.
	Reset bool
	Bytes int
}

// String describes the shape in a few words.
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

// percentEncode is how gRPC over HTTP/2 writes grpc-message.
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
