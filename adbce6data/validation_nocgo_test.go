//go:build !cgo

package adbce6data_test

import "testing"

func TestValidation(t *testing.T) {
	t.Skip("arrow-adbc's validation suite runs over the emulator, which needs cgo: set CGO_ENABLED=1 and install a C compiler")
}
