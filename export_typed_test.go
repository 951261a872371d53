package e6data

import (
	"reflect"

	"github.com/e6data/e6data-go/internal/typed"
	"github.com/e6data/e6data-go/thriftrows"
)

// ReadTyped reads a column of a chunk as Select does, up to so many rows. It returns the
// rows before the first error.
func ReadTyped[T any](chunk *thriftrows.Chunk, column, most int) ([]T, error) {
	names := make([]string, chunk.NumColumns())
	names[column] = "c"
	plan, err := typed.Compile(reflect.TypeFor[struct {
		C T `e6:"c"`
	}](), names, typed.Options{AllowExtra: true, Date: reflect.TypeFor[Date](), Instant: reflect.TypeFor[TimestampTZ]()})
	if err != nil {
		return nil, err
	}
	r := &rows{q: &query{}, cursor: thriftrows.NewCursor(nil, nil)}
	r.cursor.Reset(chunk)
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(chunk)
	c := cells{rows: r}
	defer func() {
		if c.convert != nil {
			c.convert.close()
		}
	}()
	block := typed.NewBlock[struct {
		C T `e6:"c"`
	}](plan, typed.BlockRows)
	defer block.Release()
	var all []T
	for len(all) < most && batch.NextRun(typed.BlockRows) {
		first := int64(len(all))
		rows, err := block.Fill(batch, &c)
		for _, row := range rows {
			all = append(all, row.C)
		}
		if err != nil {
			return all, fieldError(err, first)
		}
	}
	return all, nil
}
