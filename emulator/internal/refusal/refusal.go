//go:build cgo

// Package refusal makes DuckDB refuse operators that e6data does not have, where only the types of
// the operands tell.
package refusal

/*
// DuckDB's C interface; the bindings' archive has it.
void duckdb_scalar_function_bind_set_error(void *info, const char *error);

static void e6_refuse_dates(void *info) {
	duckdb_scalar_function_bind_set_error(info, "emulator: the dialect has no - for two dates: use DATE_DIFF");
}

static void *e6_refusal(void) { return (void *)e6_refuse_dates; }

static void e6_never(void *info, void *input, void *output) {}

static void *e6_body(void) { return (void *)e6_never; }
*/
import "C"

import (
	"errors"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Dates makes a database refuse the difference of two dates by the operator -.
func Dates(conn duckdb.Connection) error {
	f := duckdb.CreateScalarFunction()
	defer duckdb.DestroyScalarFunction(&f)
	duckdb.ScalarFunctionSetName(f, "-")
	date, number := duckdb.CreateLogicalType(duckdb.TypeDate), duckdb.CreateLogicalType(duckdb.TypeBigInt)
	defer duckdb.DestroyLogicalType(&date)
	defer duckdb.DestroyLogicalType(&number)
	duckdb.ScalarFunctionAddParameter(f, date)
	duckdb.ScalarFunctionAddParameter(f, date)
	duckdb.ScalarFunctionSetReturnType(f, number)
	duckdb.ScalarFunctionSetBind(f, C.e6_refusal())
	duckdb.ScalarFunctionSetFunction(f, C.e6_body())
	if duckdb.RegisterScalarFunction(conn, f) == duckdb.StateError {
		return errors.New("emulator: DuckDB's operator - cannot be replaced")
	}
	return nil
}
