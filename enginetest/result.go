package enginetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// Phase is a step in the life of a query.
type Phase int

// The phases, in their order. PhaseBatch is every request for a batch.
const (
	PhasePrepare Phase = iota
	PhaseExecute
	PhaseMetadata
	PhaseBatch

	numPhases
)

// Result builds what the server plays for a statement. Its methods change it and
// return it, so that they chain; they are not safe for concurrent use. A mistake,
// such as a value that does not fit its column, surfaces in [Result.Err] and when
// the statement is prepared.
//
// A result has columns, and its rows come from one of: items in the order in
// which they are added (Row, Structs, CSV, JSON, EmptyBatch, Vectors, Chunks), Generate
// or ChunkFunc.
type Result struct {
	columns   []column
	items     []item
	generated int
	generate  func(i int) []any
	chunkFunc func(batch int) []byte
	batchRows int
	rowCount  *int64
	metadata  []byte
	play
	errs []error
}

// play is the part of a Result that needs no encoding.
type play struct {
	sizeZeroEnd  bool
	lateEnd      bool
	emptyAnswers int
	delay        [numPhases]time.Duration
	fail         [numPhases]error
	failAt       map[int]error
	params       []string
	explain      string
	analyze      string
	cached       bool
	parsing      time.Duration
	queueing     time.Duration
	dryRun       string
	polls        int
}

type column struct {
	thriftrows.Column
	typ   thriftrows.VectorType
	scale int32
}

// item is a run of rows, or one chunk of its own.
type item struct {
	rows    [][]any
	vectors []thriftrows.Vector
	size    int    // of vectors
	raw     []byte // a ready chunk
	kind    itemKind
}

type itemKind int

const (
	itemRows itemKind = iota
	itemEmpty
	itemVectors
	itemRaw
)

// NewResult returns a result without columns and rows.
func NewResult() *Result {
	return &Result{batchRows: 1024, play: play{dryRun: "OK"}}
}

// Column adds a column. word is the engine's type, such as LONG or
// DECIMAL(10,2): it goes into the metadata as it is, and says by
// [thriftrows.ParseType] what vectors the column has, and a DECIMAL's scale.
func (r *Result) Column(name, word string) *Result {
	typ, ok := thriftrows.ParseType(word)
	if !ok {
		r.errs = append(r.errs, fmt.Errorf("column %q: unknown type %q", name, word))
	}
	return r.ColumnAs(name, word, typ, scaleOf(word))
}

// ColumnAs adds a column whose vectors have another type, or DECIMAL another
// scale, than its type word says.
func (r *Result) ColumnAs(name, word string, typ thriftrows.VectorType, scale int32) *Result {
	r.columns = append(r.columns, column{Column: thriftrows.Column{Name: name, Type: word}, typ: typ, scale: scale})
	return r
}

// ZoneFormat sets the zone and format of the latest column's metadata.
func (r *Result) ZoneFormat(zone, format string) *Result {
	if n := len(r.columns); n > 0 {
		r.columns[n-1].Zone, r.columns[n-1].Format = zone, format
	}
	return r
}

// Row adds a row, a value for each column; nil is NULL. What fits which type
// says [thriftrows.NewVector]. An ARRAY, MAP or STRUCT also takes a Go slice, map or
// struct, which is written as the engine writes one: [1, 2] and {a=1, b=x}. Where a
// string is given, such as one in JSON, it is the value's text.
func (r *Result) Row(values ...any) *Result {
	if n := len(r.items); n == 0 || r.items[n-1].kind != itemRows {
		r.items = append(r.items, item{kind: itemRows})
	}
	last := &r.items[len(r.items)-1]
	last.rows = append(last.rows, slices.Clone(values))
	return r
}

// BatchRows sets how many rows a chunk of Row or Generate has at most; at first
// 1,024.
func (r *Result) BatchRows(n int) *Result {
	if n <= 0 {
		r.errs = append(r.errs, fmt.Errorf("a batch of %d rows", n))
	}
	r.batchRows = n
	return r
}

// EmptyBatch adds a chunk of size 0 with all columns, which ends nothing. It
// also ends the batch of the rows before it.
func (r *Result) EmptyBatch() *Result {
	r.items = append(r.items, item{kind: itemEmpty})
	return r
}

// Vectors adds a chunk of the given number of rows made of these vectors, which
// are written as they are: constant vectors, for instance. The result keeps them.
func (r *Result) Vectors(rows int, vectors ...thriftrows.Vector) *Result {
	r.items = append(r.items, item{kind: itemVectors, size: rows, vectors: vectors})
	return r
}

// Chunks adds chunks as they travel on the wire, right or wrong. The bytes are
// sent from where they are and must not change any more. The row count becomes
// unknown unless RowCount tells it.
func (r *Result) Chunks(chunks ...[]byte) *Result {
	for _, c := range chunks {
		r.items = append(r.items, item{kind: itemRaw, raw: c})
	}
	return r
}

// Generate has f make the rows 0 to rows-1 batch by batch while they are
// fetched, so that memory does not grow with the result. f is called in the
// order of the rows for each query, for several queries concurrently; its slice
// is read before the next call.
func (r *Result) Generate(rows int, f func(i int) []any) *Result {
	r.generated, r.generate = max(rows, 0), f
	return r
}

// ChunkFunc has f give the chunks, numbered from 0, as they travel on the wire;
// none of length 0 does, and ends the result. The bytes are sent from where they
// are and must not change any more; f may return the same ones again. It may be
// called concurrently. The row count is unknown unless RowCount tells it.
func (r *Result) ChunkFunc(f func(batch int) []byte) *Result {
	r.chunkFunc = f
	return r
}

// RowCount sets the metadata's row count, true or not; -1 is unknown.
func (r *Result) RowCount(n int64) *Result {
	r.rowCount = &n
	return r
}

// Metadata sets the bytes of the result metadata, right or wrong. The result
// keeps them.
func (r *Result) Metadata(b []byte) *Result {
	r.metadata = b
	return r
}

// SizeZeroEnd has a chunk of size 0 end the result, instead of an empty
// resultBatch.
func (r *Result) SizeZeroEnd() *Result {
	r.sizeZeroEnd = true
	return r
}

// LateEnd keeps getNextResultBatchV2 from setting endOfStream together with
// data: a response without chunks follows.
func (r *Result) LateEnd() *Result {
	r.lateEnd = true
	return r
}

// EmptyAnswers has getNextResultBatchV2 give n empty answers that end nothing
// before each other one.
func (r *Result) EmptyAnswers(n int) *Result {
	r.emptyAnswers = n
	return r
}

// Delay holds up a phase of each query, until the query is cleared or cancelled
// or the client leaves.
func (r *Result) Delay(p Phase, d time.Duration) *Result {
	if r.phase(p) {
		r.delay[p] = d
	}
	return r
}

// Fail has a phase answer err, INTERNAL when it is no gRPC status, after the
// phase's delay. A query that fails to prepare does not exist; one that fails to
// execute must be cleared like any other.
func (r *Result) Fail(p Phase, err error) *Result {
	if r.phase(p) {
		r.fail[p] = err
	}
	return r
}

func (r *Result) phase(p Phase) bool {
	if p < 0 || p >= numPhases {
		r.errs = append(r.errs, fmt.Errorf("no phase %d", int(p)))
		return false
	}
	return true
}

// FailAt answers err where the chunk with this number, from 0, would come; every
// time it is asked for.
func (r *Result) FailAt(batch int, err error) *Result {
	if r.failAt == nil {
		r.failAt = map[int]error{}
	}
	r.failAt[batch] = err
	return r
}

// Params declares a parameter of each of these types for getDynamicParams, in
// the order of the statement's placeholders. Execute must then bring as many
// values.
func (r *Result) Params(types ...string) *Result {
	r.params = types
	return r
}

// Explain sets the text of explain.
func (r *Result) Explain(text string) *Result {
	r.explain = text
	return r
}

// ExplainAnalyze sets the JSON document of explainAnalyze.
func (r *Result) ExplainAnalyze(doc string) *Result {
	r.analyze = doc
	return r
}

// Timings sets the other fields of explainAnalyze, in whole milliseconds.
func (r *Result) Timings(cached bool, parsing, queueing time.Duration) *Result {
	r.cached, r.parsing, r.queueing = cached, parsing, queueing
	return r
}

// DryRun sets the answer of dryRun; at first it is OK.
func (r *Result) DryRun(value string) *Result {
	r.dryRun = value
	return r
}

// StatusPolls has the first n calls of status after execute say that the query
// is not done, with a row count that grows.
func (r *Result) StatusPolls(n int) *Result {
	if n < 0 {
		r.errs = append(r.errs, fmt.Errorf("%d status polls", n))
	}
	r.polls = n
	return r
}

// Err returns what is wrong with the result, nil when it can be played. It
// encodes all rows to find out, but those of Generate and ChunkFunc, whose
// mistakes are the answer to the batch they belong to.
func (r *Result) Err() error { return r.compile().err }

// scaleOf returns the s of DECIMAL(p,s), 0 without one.
func scaleOf(word string) int32 {
	_, args, _ := strings.Cut(word, "(")
	args, _, _ = strings.Cut(args, ")")
	_, s, _ := strings.Cut(args, ",")
	n, _ := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	return int32(n)
}
