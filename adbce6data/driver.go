package adbce6data

import (
	"context"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Driver opens databases. A Driver is safe for concurrent use. The zero value
// allocates with [memory.DefaultAllocator].
type Driver struct {
	alloc memory.Allocator
}

var (
	_ adbc.Driver            = (*Driver)(nil)
	_ adbc.DriverWithContext = (*Driver)(nil)
)

// NewDriver returns a driver that allocates all Arrow memory with alloc. A nil alloc
// means [memory.DefaultAllocator].
func NewDriver(alloc memory.Allocator) *Driver { return &Driver{alloc: alloc} }

// NewDatabase returns a database with these options. The option uri is required; the
// package documentation lists the others. NewDatabase does not connect: Open of the
// database does.
func (d *Driver) NewDatabase(opts map[string]string) (adbc.Database, error) {
	return d.NewDatabaseWithContext(context.Background(), opts)
}

// NewDatabaseWithContext is NewDatabase. It does not use the context.
func (d *Driver) NewDatabaseWithContext(_ context.Context, opts map[string]string) (adbc.Database, error) {
	alloc := d.alloc
	if alloc == nil {
		alloc = memory.DefaultAllocator
	}
	db := &database{alloc: alloc, given: map[string]string{}}
	db.typedOptions = typedOptions{get: db.GetOption, set: db.SetOption}
	if err := db.configure(opts); err != nil {
		return nil, err
	}
	return db, nil
}
