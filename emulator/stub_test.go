//go:build !cgo

package emulator_test

import (
	"strings"
	"testing"

	"github.com/e6data/e6data-go/emulator"
)

// Without cgo the package compiles, and New's error names the compiler.
func TestWithoutCgo(t *testing.T) {
	if _, err := emulator.New(emulator.Config{}); err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
		t.Errorf("%v", err)
	}
}
