package e6data

import (
	"errors"
	"fmt"
	"os"
)

// dsnVariable is the environment variable that ConfigFromEnv reads.
const dsnVariable = "E6DATA_DSN"

// ConfigFromEnv returns the Config of the DSN in the environment variable
// E6DATA_DSN, as [ParseDSN] reads it. A variable that is not set, or empty, is an
// error. Nothing else of this package reads that variable: no DSN of the
// environment gets in where an application does not ask for it.
func ConfigFromEnv() (*Config, error) {
	dsn := os.Getenv(dsnVariable)
	if dsn == "" {
		return nil, errors.New("e6data: the environment variable " + dsnVariable + " is not set: write " + dsnForm + " into it")
	}
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w (the DSN comes from the environment variable %s)", err, dsnVariable)
	}
	return cfg, nil
}
