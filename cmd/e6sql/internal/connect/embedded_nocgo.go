//go:build !cgo

package connect

import "errors"

// startEngine fails: the embedded engine's database is a C++ library.
func startEngine(float64) (dsn string, stop func(), err error) {
	return "", nil, errors.New("this e6sql was built without cgo, so that it has no embedded engine:" +
		" install a C compiler, such as gcc or clang, and build e6sql with CGO_ENABLED=1")
}
