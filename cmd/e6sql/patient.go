package main

import (
	"context"
	"io"
	"time"
)

// patientWriter writes to w until ctx ends, also if nobody reads what is written: a full
// pipe would block the program although the user has pressed Ctrl-C. After the end of
// ctx a write may still be under way, and no other begins. It is not safe for concurrent
// use.
type patientWriter struct {
	ctx  context.Context
	work chan []byte // to the goroutine that writes
	done chan written
	err  error
}

// grace is the time that a write has after the end of the context, because most readers
// do read.
const grace = 100 * time.Millisecond

// written is the outcome of a write.
type written struct {
	n   int
	err error
}

// newPatientWriter returns a writer to w. The caller closes it.
func newPatientWriter(ctx context.Context, w io.Writer) *patientWriter {
	p := &patientWriter{ctx: ctx, work: make(chan []byte), done: make(chan written, 1)}
	go func() {
		for b := range p.work {
			n, err := w.Write(b)
			p.done <- written{n, err}
		}
	}()
	return p
}

// Write writes b. After the end of the context its error is the context's, and b must
// not be changed any more.
func (p *patientWriter) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	p.work <- b
	select {
	case got := <-p.done:
		return got.n, got.err
	case <-p.ctx.Done():
	}
	select {
	case got := <-p.done:
		return got.n, got.err
	case <-time.After(grace):
		p.err = p.ctx.Err()
		return 0, p.err
	}
}

// close ends the goroutine, as soon as it does not write any more.
func (p *patientWriter) close() { close(p.work) }
