package typed

import (
	"fmt"
	"reflect"
	"strings"
)

// ShapeError says why a result's columns do not fit a type.
type ShapeError struct {
	Type reflect.Type
	// Columns are those without a field.
	Columns []string
	// Fields are those without a column.
	Fields []string
	// Reason is why else the two do not fit; empty where Columns and Fields say it.
	Reason string
}

func (e *ShapeError) Error() string {
	text := fmt.Sprintf("e6data: the result does not fit %v: ", e.Type)
	if e.Reason != "" {
		return text + e.Reason
	}
	var parts []string
	if len(e.Columns) > 0 {
		parts = append(parts, fmt.Sprintf("no field for %s %s (AllowExtra permits that)",
			counted("column", e.Columns), listed(e.Columns, func(s string) string { return fmt.Sprintf("%q", s) })))
	}
	if len(e.Fields) > 0 {
		parts = append(parts, fmt.Sprintf("no column for %s %s (AllowMissing permits that)",
			counted("field", e.Fields), listed(e.Fields, e.fieldText)))
	}
	return text + strings.Join(parts, "; ")
}

// fieldText is a field with the tag that it lacks, where a column has the same name
// but for underscores.
func (e *ShapeError) fieldText(field string) string {
	name := field[strings.LastIndexByte(field, '.')+1:]
	for _, column := range e.Columns {
		if strings.EqualFold(strings.ReplaceAll(column, "_", ""), strings.ReplaceAll(name, "_", "")) {
			return fmt.Sprintf("%s, which a tag e6:%q would match,", field, column)
		}
	}
	return field
}

func counted(noun string, names []string) string {
	if len(names) == 1 {
		return "the " + noun
	}
	return fmt.Sprintf("%d %ss,", len(names), noun)
}

// listed joins names, of which it shows a few.
func listed(names []string, text func(string) string) string {
	const shown = 8
	var texts []string
	for _, name := range names[:min(len(names), shown)] {
		texts = append(texts, text(name))
	}
	if len(names) > shown {
		texts = append(texts, "...")
	}
	return strings.Join(texts, ", ")
}

// FieldError says which cell could not be stored.
type FieldError struct {
	// Type is the type of a row.
	Type reflect.Type
	// Column is the column's name, and Index its place from 0.
	Column string
	Index  int
	// Row counts from 0.
	Row int64
	// Field is the field's name in Type, with those of the structs it is embedded in
	// before it; empty where Type has no fields.
	Field string
	// FieldType is the type of what the cell was stored in.
	FieldType reflect.Type
	// Null: the cell is NULL.
	Null bool
	Err  error
}

func (e *FieldError) Error() string {
	into := ""
	if e.Field != "" {
		into = fmt.Sprintf(" into field %s of %v", e.Field, e.Type)
	}
	hint := ""
	if t := e.FieldType; e.Null && t != nil && t.Kind() != reflect.Pointer && (t.Kind() != reflect.Struct || t == timeType) {
		hint = fmt.Sprintf(": use a sql.Null[%v] or a *%v", t, t)
	}
	return fmt.Sprintf("e6data: row %d, column %q%s: %v%s", e.Row, e.Column, into, e.Err, hint)
}

// Unwrap returns Err.
func (e *FieldError) Unwrap() error { return e.Err }
