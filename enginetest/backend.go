package enginetest

import (
	"context"
	"errors"
	"time"

	"github.com/e6data/e6data-go/wire"
)

// Backend is the part of an engine that a [Server] does not play itself: statements and
// catalogs. The server does everything else: sessions, colours, the cluster's states, faults, the
// order of a query's calls, the books and the records. Without [Config.Backend] the
// statements and catalogs are those of [Server.Handle] and its like, and of
// [Server.SetCatalogs].
//
// Methods may be called concurrently. An error that is no gRPC status reaches the client
// as INTERNAL. A ctx ends when the client leaves, at its deadline, and with [Server.Close].
type Backend interface {
	// Prepare checks a statement. An error means that there is no query.
	Prepare(ctx context.Context, q Query) (Statement, error)
	// DryRun checks a statement without making a query of it, and returns the answer of dryRun.
	DryRun(ctx context.Context, q Query) (string, error)
	// Catalogs lists the catalogs. Their Schemas are not used.
	Catalogs(ctx context.Context) ([]Catalog, error)
	// Schemas, Tables and Columns list what is in a catalog, a schema and a table. An empty
	// catalog is that of the V1 methods: the default one.
	Schemas(ctx context.Context, catalog string) ([]string, error)
	Tables(ctx context.Context, catalog, schema string) ([]string, error)
	Columns(ctx context.Context, catalog, schema, table string) ([]Column, error)
}

// Statement is a prepared query of a [Backend]. The server calls Execute once at most,
// Metadata and Batches only after it and one at a time, and Params, Status, Explain,
// ExplainAnalyze and Close at any time.
type Statement interface {
	// Params returns the types of the statement's parameters in the order of their
	// placeholders. The server refuses another number of values where there are any.
	Params() []string
	// Execute runs the statement. executed reports whether the query has a result. That may be
	// so although err is not nil: the client has left and the engine has not stopped.
	Execute(ctx context.Context, o Execution) (executed bool, err error)
	// Metadata returns the result metadata (docs/protocol.md, section 4).
	Metadata(ctx context.Context) ([]byte, error)
	// Batches returns the next chunks of the result. After [Batches.End] it is not called
	// again. After an error it may be.
	Batches(ctx context.Context, r BatchRequest) (Batches, error)
	// Status reports whether the query is done, and how many rows it has so far.
	Status(ctx context.Context) (done bool, rows int64, err error)
	// Explain returns the text of explain, ExplainAnalyze the answer of explainAnalyze.
	Explain(ctx context.Context) (string, error)
	ExplainAnalyze(ctx context.Context) (Analysis, error)
	// Close ends the statement: the query was cleared or cancelled, or its id was lost. It is called
	// once. It must return at once and must not call the server, which holds a lock. Methods
	// that are running return [ErrCancelled] soon; none is called after Close.
	Close()
}

// Execution is how a statement is to be executed.
type Execution struct {
	// Params are the values of executeStatementV2.
	Params []*wire.ParameterValue
	// NoCache: the result must not come from a cache.
	NoCache bool
}

// BatchRequest is a call for batches.
type BatchRequest struct {
	// Max is the largest number of chunks in the answer, at least 1.
	Max int
	// V2: the call is getNextResultBatchV2, whose answer may end the result together with data.
	// Otherwise Max is 1, and an answer that ends the result has no chunk or one of size 0.
	V2 bool
}

// Batches answers a [BatchRequest].
type Batches struct {
	// Chunks are chunks as they travel on the wire (docs/protocol.md, section 5). The
	// statement must not change the bytes any more. Without any, and without End, the answer
	// is empty and ends nothing, which only V2 can say.
	Chunks [][]byte
	// End: no chunk follows.
	End bool
}

// Analysis answers explainAnalyze.
type Analysis struct {
	// Document is the JSON document.
	Document string
	// Cached: the result came from a cache.
	Cached bool
	// Parsing and Queueing reach the client in whole milliseconds.
	Parsing, Queueing time.Duration
}

// ErrCancelled is what the methods of a [Statement] return when Close has ended them.
var ErrCancelled = errors.New("enginetest: the query was cancelled")
