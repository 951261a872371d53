package arrowe6data

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Option changes how a result becomes Arrow records. [Query] and [QueryConn] take
// options among the arguments of the statement.
type Option func(*config)

type config struct {
	mem          memory.Allocator
	zones        bool
	dictionaries bool     // of all STRING columns
	dictionary   []string // of these columns
	decimal      *arrow.Decimal128Type
	int96        arrow.TimeUnit
	plainNested  bool
}

func newConfig(opts []Option) (*config, error) {
	c := &config{mem: memory.DefaultAllocator, int96: arrow.Microsecond}
	for _, opt := range opts {
		if opt != nil {
			opt(c)
		}
	}
	if d := c.decimal; d != nil && (d.Precision < 1 || d.Precision > maxPrecision || d.Scale < -maxPrecision || d.Scale > maxPrecision) {
		return nil, fmt.Errorf("arrowe6data: WithDecimal(%d, %d): the precision is from 1 to %d, and the scale from -%[3]d to %[3]d",
			d.Precision, d.Scale, maxPrecision)
	}
	if c.int96 != arrow.Nanosecond && c.int96 != arrow.Microsecond {
		return nil, fmt.Errorf("arrowe6data: WithInt96(%v): the unit is arrow.Nanosecond or arrow.Microsecond", c.int96)
	}
	return c, nil
}

// WithAllocator sets the allocator of all memory of the records. Default:
// [memory.DefaultAllocator].
func WithAllocator(mem memory.Allocator) Option {
	return func(c *config) {
		if mem != nil {
			c.mem = mem
		}
	}
}

// WithZones adds a column after each TIMESTAMP_TZ column, with the name of each row's
// zone, such as Europe/Berlin or +05:30. Its name is that of the column and "_zone", and
// its type is a dictionary of texts. The name is the engine's, except that all spellings
// of UTC are UTC.
func WithZones() Option { return func(c *config) { c.zones = true } }

// WithDictionary makes dictionaries of the STRING columns with these names, or of all
// STRING columns if there are no names. The dictionary of a record begins with that of
// the record before it, until it has more than 65,536 texts; then it begins anew.
// Dictionaries save memory where a column has few different texts.
func WithDictionary(columns ...string) Option {
	return func(c *config) {
		c.dictionaries = c.dictionaries || len(columns) == 0
		c.dictionary = append(c.dictionary, columns...)
	}
}

// WithDecimal sets the type of the DECIMAL columns for which the metadata has no
// precision and scale. Default: a precision of 38, and the largest scale in the first
// batch, for which [NewReader] waits; [Schema] has no batch, and uses 18.
func WithDecimal(precision, scale int32) Option {
	return func(c *config) { c.decimal = &arrow.Decimal128Type{Precision: precision, Scale: scale} }
}

// WithInt96 sets the unit of INT96 columns. With [arrow.Microsecond], which is the
// default, a value with nanoseconds is an error. With [arrow.Nanosecond], a value before
// 1678 or after 2261 is one.
func WithInt96(unit arrow.TimeUnit) Option { return func(c *config) { c.int96 = unit } }

// WithPlainNested leaves out the mark arrow.json of ARRAY, MAP and STRUCT columns. Use
// it for an engine that writes them in Java's form, such as {a=1}, if a reader of the
// records parses the marked columns.
func WithPlainNested() Option { return func(c *config) { c.plainNested = true } }

func (c *config) isDictionary(name string) bool {
	return c.dictionaries || slices.Contains(c.dictionary, name)
}

// splitArguments returns the options among args, and the other arguments.
func splitArguments(args []any) (opts []Option, rest []any) {
	for _, arg := range args {
		if opt, ok := arg.(Option); ok {
			opts = append(opts, opt)
			continue
		}
		rest = append(rest, arg)
	}
	return opts, rest
}
