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

// Result is the scripted result of a statement: columns, rows, delays and errors.
// [NewResult] makes one. Its methods change the result and return it, so that calls can
// be chained. They are not safe for concurrent use. [Result.Err] returns the mistakes in
// a result, such as a value that does not fit its column. A statement whose result has a
// mistake fails to prepare.
//
// The rows come from one of three sources: items in the order in which they are added
// (Row, Structs, CSV, JSON, EmptyBatch, Vectors, Chunks), Generate, or ChunkFunc.
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

// item is a sequence of rows, or one chunk.
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

// NewResult returns a result that has neither columns nor rows.
func NewResult() *Result {
	return &Result{batchRows: 1024, play: play{dryRun: "OK"}}
}

// Column adds a column. word is the engine's type, such as LONG or DECIMAL(10,2). The
// metadata has word as it is. [thriftrows.ParseType] of word is the type of the column's
// vectors, and word has the scale of a DECIMAL.
func (r *Result) Column(name, word string) *Result {
	typ, ok := thriftrows.ParseType(word)
	if !ok {
		r.errs = append(r.errs, fmt.Errorf("column %q: unknown type %q", name, word))
	}
	return r.ColumnAs(name, word, typ, scaleOf(word))
}

// ColumnAs adds a column whose vectors have the given type and scale, whatever word is.
// It makes results of an engine whose metadata and vectors differ.
func (r *Result) ColumnAs(name, word string, typ thriftrows.VectorType, scale int32) *Result {
	r.columns = append(r.columns, column{Column: thriftrows.Column{Name: name, Type: word}, typ: typ, scale: scale})
	return r
}

// ZoneFormat sets the zone and format in the metadata of the column that was added last.
func (r *Result) ZoneFormat(zone, format string) *Result {
	if n := len(r.columns); n > 0 {
		r.columns[n-1].Zone, r.columns[n-1].Format = zone, format
	}
	return r
}

// Row adds a row with a value for each column; nil is NULL. [thriftrows.NewVector]
// documents the Go types that fit each column type. A column of type ARRAY, MAP or STRUCT
// also takes a Go slice, map or struct, and sends it in the engine's form: [1, 2] and
// {a=1, b=x}. A string in such a column, for example in JSON, is sent as it is.
func (r *Result) Row(values ...any) *Result {
	if n := len(r.items); n == 0 || r.items[n-1].kind != itemRows {
		r.items = append(r.items, item{kind: itemRows})
	}
	last := &r.items[len(r.items)-1]
	last.rows = append(last.rows, slices.Clone(values))
	return r
}

// BatchRows sets the largest number of rows in a chunk of Row or Generate. Default:
// 1,024.
func (r *Result) BatchRows(n int) *Result {
	if n <= 0 {
		r.errs = append(r.errs, fmt.Errorf("BatchRows: a batch of %d rows", n))
	}
	r.batchRows = n
	return r
}

// EmptyBatch adds a chunk that has all columns and no rows. The result continues after
// it. The rows before it are in another chunk than the rows after it.
func (r *Result) EmptyBatch() *Result {
	r.items = append(r.items, item{kind: itemEmpty})
	return r
}

// Vectors adds a chunk with the given number of rows and these vectors. The vectors are
// encoded as they are; they may be constant vectors, for example. The result keeps them:
// the caller must not change them.
func (r *Result) Vectors(rows int, vectors ...thriftrows.Vector) *Result {
	r.items = append(r.items, item{kind: itemVectors, size: rows, vectors: vectors})
	return r
}

// Chunks adds chunks in the form of the wire. The bytes are not checked, and not copied:
// the caller must not change them. The row count is unknown unless [Result.RowCount]
// sets it.
func (r *Result) Chunks(chunks ...[]byte) *Result {
	for _, c := range chunks {
		r.items = append(r.items, item{kind: itemRaw, raw: c})
	}
	return r
}

// Generate makes f the source of the rows 0 to rows-1. f is called while the rows are
// fetched, batch by batch, so that memory does not grow with the result. For each query
// f is called in the order of the rows; several queries call it concurrently. The slice
// that f returns is read before f is called again for the same query.
func (r *Result) Generate(rows int, f func(i int) []any) *Result {
	r.generated, r.generate = max(rows, 0), f
	return r
}

// ChunkFunc makes f the source of the chunks. f returns the chunk with the given number,
// from 0, in the form of the wire; a chunk of length 0 ends the result and is not sent.
// The bytes are not copied: f must not change them, but may return the same bytes again.
// f may be called concurrently. The row count is unknown unless [Result.RowCount] sets
// it.
func (r *Result) ChunkFunc(f func(batch int) []byte) *Result {
	r.chunkFunc = f
	return r
}

// RowCount sets the row count in the metadata, which may be wrong; -1 is unknown.
func (r *Result) RowCount(n int64) *Result {
	r.rowCount = &n
	return r
}

// Metadata sets the bytes of the result metadata. The bytes are not checked, and not
// copied: the caller must not change them.
func (r *Result) Metadata(b []byte) *Result {
	r.metadata = b
	return r
}

// SizeZeroEnd makes a chunk of size 0 end the result. Without it an empty resultBatch
// does.
func (r *Result) SizeZeroEnd() *Result {
	r.sizeZeroEnd = true
	return r
}

// LateEnd makes getNextResultBatchV2 set endOfStream in a last response of its own, which
// has no chunks. Without it the response with the last chunk has endOfStream.
func (r *Result) LateEnd() *Result {
	r.lateEnd = true
	return r
}

// EmptyAnswers makes getNextResultBatchV2 give n empty answers before each other answer.
// An empty answer does not end the result.
func (r *Result) EmptyAnswers(n int) *Result {
	r.emptyAnswers = n
	return r
}

// Delay delays a phase of each query by d. The delay ends early when the query is cleared
// or cancelled, or when the client leaves.
func (r *Result) Delay(p Phase, d time.Duration) *Result {
	if r.phase(p) {
		r.delay[p] = d
	}
	return r
}

// Fail makes a phase answer err, after the phase's delay. An error that is not a gRPC
// status becomes INTERNAL. A query that fails to prepare does not exist. A query that
// fails to execute exists, and the client must clear it.
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

// FailAt makes every request for the chunk with this number, from 0, fail with err.
func (r *Result) FailAt(batch int, err error) *Result {
	if r.failAt == nil {
		r.failAt = map[int]error{}
	}
	r.failAt[batch] = err
	return r
}

// Params declares the types that getDynamicParams returns, in the order of the
// statement's placeholders. The execute call must then have as many values.
func (r *Result) Params(types ...string) *Result {
	r.params = types
	return r
}

// Explain sets the text that explain returns.
func (r *Result) Explain(text string) *Result {
	r.explain = text
	return r
}

// ExplainAnalyze sets the JSON document that explainAnalyze returns.
func (r *Result) ExplainAnalyze(doc string) *Result {
	r.analyze = doc
	return r
}

// Timings sets the other fields that explainAnalyze returns. The durations are sent in
// whole milliseconds.
func (r *Result) Timings(cached bool, parsing, queueing time.Duration) *Result {
	r.cached, r.parsing, r.queueing = cached, parsing, queueing
	return r
}

// DryRun sets the answer of dryRun. Default: "OK".
func (r *Result) DryRun(value string) *Result {
	r.dryRun = value
	return r
}

// StatusPolls makes the first n calls of status after execute report that the query is
// not done. The row count grows from call to call.
func (r *Result) StatusPolls(n int) *Result {
	if n < 0 {
		r.errs = append(r.errs, fmt.Errorf("StatusPolls: %d status polls", n))
	}
	r.polls = n
	return r
}

// Err returns an error that lists the mistakes in the result, nil if there are none. It
// encodes all rows except those of Generate and ChunkFunc. A mistake in such a row is the
// answer to the request for its batch.
func (r *Result) Err() error { return r.compile().err }

// scaleOf returns the s of DECIMAL(p,s), 0 if word has none.
func scaleOf(word string) int32 {
	_, args, _ := strings.Cut(word, "(")
	args, _, _ = strings.Cut(args, ")")
	_, s, _ := strings.Cut(args, ",")
	n, _ := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	return int32(n)
}
