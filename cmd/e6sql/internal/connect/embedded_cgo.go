//go:build cgo

package connect

import (
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// startEngine starts an emulator, and returns a DSN and the function that stops it.
func startEngine(scale float64) (dsn string, stop func(), err error) {
	srv, err := emulator.New(emulator.Config{
		Engine: enginetest.Config{Database: embeddedSchema, MaxCalls: -1},
		Demo:   true,
		Scale:  scale,
	})
	if err != nil {
		return "", nil, err
	}
	return srv.DSN(), srv.Close, nil
}
