package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/DATA-DOG/go-sqlmock"
	"google.golang.org/grpc/codes"

	e6data "github.com/e6data/e6data-go"
)

// These tests replace driver and engine with a mock. They check the SQL that
// the service sends and its handling of rows and errors. They cannot test a
// deadline: the driver's error wraps context.DeadlineExceeded, and the mock
// returns an error of its own.

// newMock returns a database that expects statements by their exact text. All
// expectations must be met when the test ends.
func newMock(t *testing.T) (sqlmock.Sqlmock, *sql.DB) {
	t.Helper()
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		mock.ExpectClose()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if err := mock.ExpectationsWereMet(); err != nil {
			t.Error(err)
		}
	})
	return mock, db
}

func mockRows() *sqlmock.Rows {
	return sqlmock.NewRows([]string{"day", "product", "amount"}).
		AddRow(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "bolt", "12.30").
		AddRow(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC), "nut", nil)
}

func TestMockRows(t *testing.T) {
	mock, db := newMock(t)
	mock.ExpectQuery("SELECT day, product, amount FROM sales WHERE country = ? ORDER BY day, product").
		WithArgs(country).
		WillReturnRows(mockRows()).
		RowsWillBeClosed()
	expectRows(t, start(t, db, time.Minute)(t.Context()), 2)
}

// The table has every error that the service handles. The driver's own tests
// cause each of them on the wire.
func TestMockQueryErrors(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		text   string
	}{
		{context.DeadlineExceeded, http.StatusGatewayTimeout, "the engine took too long"},
		{&e6data.Error{Phase: e6data.PhaseExecute, Kind: e6data.ErrAmbiguousExecution, Err: context.DeadlineExceeded}, http.StatusGatewayTimeout, "the engine took too long"},
		{context.Canceled, statusClientLeft, "the client disconnected"},
		{&e6data.Error{Phase: e6data.PhaseConnect, Kind: e6data.ErrClusterSuspended}, http.StatusServiceUnavailable, "the cluster is suspended, try again later"},
		{&e6data.Error{Phase: e6data.PhaseExecute, Kind: e6data.ErrAmbiguousExecution}, http.StatusBadGateway, "the engine was lost, try again"},
		{&e6data.Error{Phase: e6data.PhaseMetadata, Kind: e6data.ErrIncompleteResult}, http.StatusBadGateway, "the engine was lost, try again"},
		{&e6data.Error{Phase: e6data.PhaseConnect, Code: codes.Unavailable}, http.StatusBadGateway, "the engine cannot be reached"},
		{&e6data.Error{Phase: e6data.PhaseConnect, Kind: e6data.ErrAuthentication}, http.StatusInternalServerError, "the query failed"},
		{&e6data.Error{Phase: e6data.PhasePrepare, Message: "line 1:8: no column day"}, http.StatusInternalServerError, "the query failed"},
	} {
		t.Run(fmt.Sprint(test.err), func(t *testing.T) {
			mock, db := newMock(t)
			mock.ExpectQuery(salesQuery).WithArgs(country).WillReturnError(test.err)
			expectError(t, start(t, db, time.Minute)(t.Context()), test.status, test.text)
		})
	}
}

// After an error the client must not have got the first row.
func TestMockRowError(t *testing.T) {
	mock, db := newMock(t)
	lost := &e6data.Error{Phase: e6data.PhaseFetch, Kind: e6data.ErrIncompleteResult}
	mock.ExpectQuery(salesQuery).WithArgs(country).WillReturnRows(mockRows().RowError(1, lost)).RowsWillBeClosed()
	expectError(t, start(t, db, time.Minute)(t.Context()), http.StatusBadGateway, "the engine was lost, try again")
}

// A column has an unexpected type.
func TestMockScanError(t *testing.T) {
	mock, db := newMock(t)
	mock.ExpectQuery(salesQuery).WithArgs(country).WillReturnRows(mockRows().AddRow("tomorrow", "screw", "1.00")).RowsWillBeClosed()
	expectError(t, start(t, db, time.Minute)(t.Context()), http.StatusInternalServerError, "the query failed")
}

// The mock gets the driver's own argument types. It needs the converter, because
// database/sql supports neither a Date nor the slice of an IN list.
func TestMockArguments(t *testing.T) {
	db, mock, err := sqlmock.New(sqlmock.QueryMatcherOption(sqlmock.QueryMatcherEqual), sqlmock.ValueConverterOption(e6data.ArgumentConverter{}))
	if err != nil {
		t.Fatal(err)
	}
	const query = "SELECT 1 FROM sales WHERE day = ? AND amount > ? AND country IN (?) AND at < ?"
	day := time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)
	arguments := []driver.Value{e6data.Date(day), e6data.NewDecimal(1230, 2), []string{"IN", "SG"}, day}
	run := func(date e6data.Date) error {
		// An option is not an argument.
		rows, err := db.QueryContext(t.Context(), query, date, e6data.InSchema("archive"), e6data.NewDecimal(1230, 2), []string{"IN", "SG"}, day.Local())
		if err != nil {
			return err
		}
		return rows.Close()
	}
	mock.ExpectQuery(query).WithArgs(arguments...).WillReturnRows(sqlmock.NewRows([]string{"1"}))
	if err := run(e6data.Date(day)); err != nil {
		t.Error(err)
	}
	mock.ExpectQuery(query).WithArgs(arguments...).WillReturnRows(sqlmock.NewRows([]string{"1"}))
	if err := run(e6data.Date(day.AddDate(0, 0, 1))); err == nil || !strings.Contains(err.Error(), "DATE '2026-01-03'") {
		t.Errorf("another date: %v", err)
	}
	if err := run(e6data.Date(day)); err != nil { // still expected
		t.Error(err)
	}
	if _, err := db.Query(query, math.NaN()); err == nil || !strings.Contains(err.Error(), "NaN and infinities have no literal") {
		t.Errorf("refused value: %v", err)
	}
	mock.ExpectClose()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
