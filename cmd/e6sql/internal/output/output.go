package output

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/e6data/e6data-go/thriftrows"
)

// Writer writes one result. Begin comes first, then Write for each batch, then End.
// After an error the other methods return the same error. A Writer is not safe for
// concurrent use.
type Writer interface {
	// Begin receives the columns of the result. It does not keep the slice.
	Begin(columns []thriftrows.Column) error
	// Write writes all rows of the batch. It does not keep the batch.
	Write(batch *thriftrows.Batch) error
	// End completes the output. It must be called after an error of the query, too, so
	// that the rows that were read are written. If Begin was not called, it writes nothing.
	End(summary Summary) error
}

// Limited is implemented by writers that show only the first rows.
type Limited interface {
	// Full reports whether the writer would only count further rows. The caller may
	// stop reading the result then, and give the number of rows to End.
	Full() bool
}

// Summary describes the end of a result.
type Summary struct {
	// Rows is the number of rows of the whole result, if the caller stopped reading it
	// because of [Limited]. A negative number means that there are more rows and that
	// their number is unknown. 0 means that all rows were written.
	Rows int64
	// Err is the error that ended the result early, or nil. With an error, the output
	// does not look complete: a JSON array is not closed, and the table says that rows
	// are missing.
	Err error
}

// Expand selects between a table and one line for each value.
type Expand int

const (
	// ExpandAuto shows a table if it fits the width, and one line for each value if it
	// does not.
	ExpandAuto Expand = iota
	// ExpandAlways shows one line for each value.
	ExpandAlways
	// ExpandNever shows a table. Columns that do not fit the width are left out, and
	// the last line says so.
	ExpandNever
)

// Options are the settings of all formats. The zero value is usable.
type Options struct {
	// Null is the text of NULL. If it is nil, the text is the format's own. JSON
	// ignores it. In csv it must not contain a quote, the delimiter or a line break, and
	// in tsv no tab or line break.
	Null *string
	// NoHeader leaves out the column names.
	NoHeader bool
	// NoFooter leaves out the line with the number of rows after a table.
	NoFooter bool
	// Comma separates the fields of csv. It must be an ASCII character that occurs in
	// no number or time, such as ';' or '|'. Default: ','.
	Comma byte
	// CRLF ends the lines of csv and tsv with \r\n, as RFC 4180 does. Default: \n.
	CRLF bool
	// OffsetsOnly leaves out the name of a zone, because some readers do not accept it:
	// 2024-01-31 23:59:58+05:30.
	OffsetsOnly bool
	// Terminal makes control characters visible in csv, tsv and JSON. Set it if the
	// output is a terminal. The other formats always do that.
	Terminal bool

	// Width is the number of columns of the terminal. 0 means that lines may have any
	// length.
	Width int
	// MaxRows is the number of rows that a table shows. A negative number means all, and
	// then the memory grows with the result. Default: 1000.
	MaxRows int
	// Expand applies to the table. Default: ExpandAuto.
	Expand Expand
	// ASCII draws tables and charts with ASCII characters.
	ASCII bool
	// Color uses bold column names and a dim NULL.
	Color bool
}

const defaultMaxRows = 1000

// constructor returns the writer of a format, or an error for contradictory options.
type constructor func(*sink, *Options) (Writer, error)

// formats maps the names of the formats to their constructors, except for arrowFormats.
var formats = map[string]constructor{
	"csv":      newCSV,
	"html":     newHTML,
	"json":     newJSON,
	"jsonl":    newJSONLines,
	"markdown": newMarkdown,
	"table":    newTable,
	"tsv":      newTSV,
	"vertical": newVertical,
}

// rawFormats are the formats that do not make control characters visible by themselves.
var rawFormats = []string{"csv", "json", "jsonl", "tsv"}

// Formats returns the names of the formats in alphabetical order.
func Formats() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(formats)), maps.Keys(arrowFormats))
	slices.Sort(names)
	return names
}

// UnknownFormat returns the error for a format that is not one of [Formats].
func UnknownFormat(format string) error {
	if format == "parquet" || format == "arrow" {
		return fmt.Errorf("this program has no format %s: build it with -tags arrow", format)
	}
	return fmt.Errorf("there is no format %s: the formats are %s", format, strings.Join(Formats(), ", "))
}

// New returns a writer of a format. It writes to w in large pieces, and at the end of
// each batch everything. It does not close w. An unknown format and contradictory
// options are errors.
func New(format string, w io.Writer, o Options) (Writer, error) {
	newWriter := formats[format]
	if newWriter == nil {
		newWriter = arrowFormats[format]
	}
	if newWriter == nil {
		return nil, UnknownFormat(format)
	}
	if o.MaxRows == 0 {
		o.MaxRows = defaultMaxRows
	}
	if o.Comma == 0 {
		o.Comma = ','
	}
	if o.Terminal && slices.Contains(rawFormats, format) {
		w = &guard{w: w, crlf: o.CRLF}
	}
	return newWriter(&sink{w: w}, &o)
}

// null returns the text of NULL, or own if the option is not set.
func (o *Options) null(own string) string {
	if o.Null != nil {
		return *o.Null
	}
	return own
}

// newline returns the end of a line of csv and tsv.
func (o *Options) newline() string {
	if o.CRLF {
		return "\r\n"
	}
	return "\n"
}
