package connect

import (
	"cmp"

	"github.com/e6data/e6data-go"
)

// embeddedCatalog and embeddedSchema are where statements run in an embedded engine.
const (
	embeddedCatalog = "demo"
	embeddedSchema  = "db"
)

// embed starts an engine in this process.
func embed(dsn string, f *Flags) (*Target, error) {
	if dsn != "" || f.Profile != "" || f.Host != "" {
		return nil, usage("--embedded excludes a DSN, --profile and --host")
	}
	if f.Scale < 0 || f.Scale > 100 {
		return nil, usage("--scale %v: a scale factor is from 0 to 100", f.Scale)
	}
	address, stop, err := startEngine(f.Scale)
	if err != nil {
		return nil, &UsageError{err}
	}
	cfg, err := e6data.ParseDSN(address)
	if err == nil {
		cfg.Catalog = cmp.Or(f.Catalog, embeddedCatalog)
		cfg.Database = cmp.Or(f.Schema, embeddedSchema)
		if len(f.Param) > 0 {
			cfg, err = withParams(cfg, f.Param)
		}
	}
	if err != nil {
		stop()
		return nil, err
	}
	return &Target{Config: cfg, Source: "--embedded", stop: stop}, nil
}
