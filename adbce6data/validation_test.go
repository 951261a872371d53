//go:build cgo

package adbce6data_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-adbc/go/adbc/validation"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/suite"

	"github.com/e6data/e6data-go/adbce6data"
	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/emulator"
)

const (
	emulatedCatalog = "local"
	emulatedSchema  = "db"
)

// quirks describes the driver to arrow-adbc's validation suite.
type quirks struct {
	srv *emulator.Server
	db  *sql.DB // makes the suite's tables
	mem *memory.CheckedAllocator
}

func newQuirks(t *testing.T) *quirks {
	t.Helper()
	srv := emulator.Start(t, emulator.Config{})
	db, err := sql.Open("e6data", srv.DSN("catalog="+emulatedCatalog))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &quirks{srv: srv, db: db}
}

func (q *quirks) SetupDriver(*testing.T) adbc.Driver {
	q.mem = memory.NewCheckedAllocator(memory.DefaultAllocator)
	return adbce6data.NewDriver(q.mem)
}

func (q *quirks) TearDownDriver(t *testing.T, _ adbc.Driver) { q.mem.AssertSize(t, 0) }

func (q *quirks) DatabaseOptions() map[string]string {
	return map[string]string{adbc.OptionKeyURI: q.srv.DSN("catalog=" + emulatedCatalog)}
}

func (q *quirks) BindParameter(int) string                    { return "?" }
func (q *quirks) SupportsBulkIngest(string) bool              { return false }
func (q *quirks) SupportsConcurrentStatements() bool          { return true }
func (q *quirks) SupportsCurrentCatalogSchema() bool          { return true }
func (q *quirks) SupportsGetSetOptions() bool                 { return true }
func (q *quirks) SupportsExecuteSchema() bool                 { return false }
func (q *quirks) SupportsPartitionedData() bool               { return false }
func (q *quirks) SupportsStatistics() bool                    { return false }
func (q *quirks) SupportsTransactions() bool                  { return false }
func (q *quirks) SupportsGetParameterSchema() bool            { return true }
func (q *quirks) SupportsDynamicParameterBinding() bool       { return true }
func (q *quirks) SupportsErrorIngestIncompatibleSchema() bool { return false }
func (q *quirks) Catalog() string                             { return emulatedCatalog }
func (q *quirks) DBSchema() string                            { return emulatedSchema }
func (q *quirks) Alloc() memory.Allocator                     { return q.mem }

func (q *quirks) GetMetadata(code adbc.InfoCode) any {
	switch code {
	case adbc.InfoVendorName:
		return "e6data"
	case adbc.InfoDriverName:
		return "ADBC e6data Driver - Go"
	case adbc.InfoDriverVersion:
		return "(devel)"
	case adbc.InfoDriverArrowVersion:
		return arrow.PkgVersion
	case adbc.InfoDriverADBCVersion:
		return adbc.AdbcVersion1_1_0
	}
	return nil
}

// CreateSampleTable makes a table of int64 and utf8 columns from a record.
func (q *quirks) CreateSampleTable(name string, record arrow.RecordBatch) error {
	if _, err := q.db.Exec("DROP TABLE IF EXISTS " + name); err != nil {
		return err
	}
	var columns []string
	for _, f := range record.Schema().Fields() {
		columns = append(columns, f.Name+" "+map[arrow.Type]string{arrow.INT64: "BIGINT", arrow.STRING: "VARCHAR"}[f.Type.ID()])
	}
	if _, err := q.db.Exec(fmt.Sprintf("CREATE TABLE %s (%s)", name, strings.Join(columns, ", "))); err != nil {
		return err
	}
	for i := range int(record.NumRows()) {
		var row []any
		for _, col := range record.Columns() {
			row = append(row, cell(col, i))
		}
		places := strings.Repeat(", ?", len(row))[2:]
		if _, err := q.db.Exec(fmt.Sprintf("INSERT INTO %s VALUES (%s)", name, places), row...); err != nil {
			return err
		}
	}
	return nil
}

func cell(col arrow.Array, i int) any {
	if col.IsNull(i) {
		return nil
	}
	if ints, ok := col.(*array.Int64); ok {
		return ints.Value(i)
	}
	return col.(*array.String).Value(i)
}

func (q *quirks) SampleTableSchemaMetadata(_ string, typ arrow.DataType) arrow.Metadata {
	word := map[arrow.Type]string{arrow.INT64: "long", arrow.STRING: "string"}[typ.ID()]
	return arrow.NewMetadata([]string{arrowe6data.TypeKey}, []string{word})
}

func (q *quirks) DropTable(_ adbc.Connection, name string) error {
	_, err := q.db.Exec("DROP TABLE IF EXISTS " + name)
	return err
}

// statementTests is the suite's, without the tests of abilities that the engine or this
// driver does not have.
type statementTests struct{ validation.StatementTests }

func (s *statementTests) skip(reason string) { s.T().Skip(reason) }

const (
	noRows   = "the test binds three rows: a statement of this driver is executed with one row of parameters (TestBindRows tests the error)"
	noIngest = "the driver cannot write Arrow data (TestNotImplemented tests the error)"
	noSchema = "the engine describes a result only after it has executed the query (TestNotImplemented tests the error)"
)

func (s *statementTests) TestSQLPrepareSelectParams() { s.skip(noRows) }
func (s *statementTests) TestSqlExecuteSchema()       { s.skip(noSchema) }
func (s *statementTests) TestSqlIngestInts()          { s.skip(noIngest) }
func (s *statementTests) TestSqlIngestAppend()        { s.skip(noIngest) }
func (s *statementTests) TestSqlIngestReplace()       { s.skip(noIngest) }
func (s *statementTests) TestSqlIngestCreateAppend()  { s.skip(noIngest) }
func (s *statementTests) TestSqlIngestErrors()        { s.skip(noIngest) }

// TestValidation runs arrow-adbc's validation suite over real SQL.
func TestValidation(t *testing.T) {
	t.Run("database", func(t *testing.T) {
		suite.Run(t, &validation.DatabaseTests{Quirks: newQuirks(t)})
	})
	t.Run("connection", func(t *testing.T) {
		suite.Run(t, &validation.ConnectionTests{Quirks: newQuirks(t)})
	})
	t.Run("statement", func(t *testing.T) {
		suite.Run(t, &statementTests{validation.StatementTests{Quirks: newQuirks(t)}})
	})
}
