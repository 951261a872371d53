package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/thriftrows"
)

// Answer is the answer to one statement, of the driver or of the connector.
type Answer struct {
	Columns []Column `json:"columns,omitempty"`
	Rows    [][]Cell `json:"rows,omitempty"`
	// RowCount is the row count of the result's metadata; -1 is unknown.
	RowCount int64 `json:"row_count,omitempty"`
	// Executions is how often the engine was told to execute the statement; 0 is unknown.
	Executions int      `json:"executions,omitempty"`
	Error      *Failure `json:"error,omitempty"`
}

// Column is a column: its name and the engine's word for its type.
type Column struct{ Name, Type string }

// MarshalJSON returns the pair in an array.
func (c Column) MarshalJSON() ([]byte, error) { return json.Marshal([2]string{c.Name, c.Type}) }

// UnmarshalJSON reads what MarshalJSON returns.
func (c *Column) UnmarshalJSON(b []byte) error {
	return unmarshalPair(b, &c.Name, &c.Type)
}

// Cell is a value: the kind of it, and a text that has every bit of it.
type Cell struct {
	// Kind is null, bool, int, float, text, bytes, decimal, date, time or other.
	Kind string
	// Text is decimal digits for int, 16 hexadecimal digits of the bits for float,
	// base64 for bytes, and RFC 3339 with six digits of the second for time.
	Text string
}

// MarshalJSON returns the pair in an array.
func (c Cell) MarshalJSON() ([]byte, error) { return json.Marshal([2]string{c.Kind, c.Text}) }

// UnmarshalJSON reads what MarshalJSON returns.
func (c *Cell) UnmarshalJSON(b []byte) error {
	return unmarshalPair(b, &c.Kind, &c.Text)
}

func (c Cell) String() string {
	if c.Kind == "null" {
		return "NULL"
	}
	return fmt.Sprintf("%s %q", c.Kind, c.Text)
}

func unmarshalPair(b []byte, first, second *string) error {
	var pair []string
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("%s has %d elements, want 2", b, len(pair))
	}
	*first, *second = pair[0], pair[1]
	return nil
}

// Failure is the error that ended a statement.
type Failure struct {
	// Class is grpc where the engine's own error has come through; else the class of the
	// exception, or a word for the driver's error.
	Class string `json:"class"`
	// Code is the name of the gRPC code, such as INTERNAL; empty without one.
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (f *Failure) String() string {
	if f == nil {
		return "no error"
	}
	return fmt.Sprintf("%s %s %q", f.Class, f.Code, f.Message)
}

// cellOf returns a value that the driver has scanned into an any.
func cellOf(typeName string, v any) Cell {
	switch v := v.(type) {
	case nil:
		return Cell{"null", ""}
	case bool:
		return Cell{"bool", strconv.FormatBool(v)}
	case int64:
		return Cell{"int", strconv.FormatInt(v, 10)}
	case float64:
		return Cell{"float", fmt.Sprintf("%016x", math.Float64bits(v))}
	case []byte:
		return Cell{"bytes", base64.StdEncoding.EncodeToString(v)}
	case string:
		if typ, ok := thriftrows.ParseType(typeName); ok && typ == thriftrows.Decimal128 {
			return Cell{"decimal", v}
		}
		return Cell{"text", v}
	case time.Time:
		if typeName == "DATE" {
			return Cell{"date", timeText(v, "2006-01-02")}
		}
		return Cell{"time", timeText(v, "2006-01-02T15:04:05.000000-07:00")}
	}
	return Cell{"other", fmt.Sprintf("%T %v", v, v)}
}

// timeText formats t with a year of at least four digits, which may have a minus.
func timeText(t time.Time, layout string) string {
	text := t.Format(layout[len("2006"):])
	if y := t.Year(); y < 0 {
		return fmt.Sprintf("-%04d%s", -y, text)
	}
	return fmt.Sprintf("%04d%s", t.Year(), text)
}

// failureOf returns the driver's error in the connector's form.
func failureOf(err error) *Failure {
	var e *e6data.Error
	if !errors.As(err, &e) {
		return &Failure{Class: "other", Message: err.Error()}
	}
	f := &Failure{Class: "driver", Message: e.Message}
	if e.Code != 0 {
		f.Class, f.Code = "grpc", codeName(err)
	}
	for class, kind := range map[string]error{
		"authentication": e6data.ErrAuthentication,
		"incomplete":     e6data.ErrIncompleteResult,
	} {
		if errors.Is(err, kind) {
			f.Class = class
		}
	}
	return f
}

// codeName returns the name of err's code as the connector spells it.
func codeName(err error) string {
	names := [...]string{
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
		"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
		"UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
	}
	code := status.Code(err)
	if int(code) < len(names) {
		return names[code]
	}
	return code.String()
}
