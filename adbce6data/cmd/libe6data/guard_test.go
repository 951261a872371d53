//go:build cgo

package main

import (
	"errors"
	"runtime/cgo"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
)

// A panic is an error with the status Internal, and the error shows no value that may be
// data.
func TestPanicsAreErrors(t *testing.T) {
	var nothing []int
	index := 3
	tests := map[string]struct {
		f    func() error
		want adbc.Status
	}{
		"no error":      {func() error { return nil }, adbc.StatusOK},
		"an error":      {func() error { return errors.New("x") }, adbc.StatusUnknown},
		"an ADBC error": {func() error { return adbc.Error{Code: adbc.StatusIO} }, adbc.StatusIO},
		"a panic":       {func() error { panic("a secret") }, adbc.StatusInternal},
		"an index":      {func() error { nothing[index] = 1; return nil }, adbc.StatusInternal},
	}
	for name, test := range tests {
		if got := adbc.Status(guard(nil, test.f)); got != test.want {
			t.Errorf("%s: status %v, want %v", name, got, test.want)
		}
	}
	if text := panicked("a secret").Error(); strings.Contains(text, "secret") {
		t.Errorf("the error shows the value: %s", text)
	}
	if text := panicked(errors.New("a secret")).Error(); strings.Contains(text, "secret") {
		t.Errorf("the error shows the value: %s", text)
	}
	err, _ := errors.AsType[adbc.Error](panicked(0))
	if len(err.Details) != 1 || err.Details[0].Key() != detailStack {
		t.Errorf("details %v, want the stack", err.Details)
	}
}

// A handle that does not exist, or is that of another object, is an error.
func TestHandles(t *testing.T) {
	live := cgo.NewHandle(&database{})
	defer live.Delete()
	deleted := cgo.NewHandle(&statement{})
	deleted.Delete()
	if _, err := objectAt[*database](uintptr(live)); err != nil {
		t.Error(err)
	}
	for name, handle := range map[string]uintptr{"none": 0, "another kind": uintptr(live), "deleted": uintptr(deleted)} {
		_, err := objectAt[*statement](handle)
		if e, ok := errors.AsType[adbc.Error](err); !ok || e.Code != adbc.StatusInvalidState {
			t.Errorf("%s: %v", name, err)
		}
	}
}
