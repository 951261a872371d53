// Package golden reads testdata/golden: result chunks and metadata from an
// independent encoder, and the values that it encoded. Only tests use the
// package.
package golden

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Case is one golden case.
type Case struct {
	Name             string
	MetadataRowCount int64 `json:"metadata_row_count"`
	RowCount         int   `json:"row_count"`
	Columns          []Column
	// Intended holds the rows as JSON; see Check.
	Intended [][]json.RawMessage
	// Chunk and Meta are the bytes on the wire.
	Chunk, Meta []byte `json:"-"`
}

// Column describes a column of a case.
type Column struct {
	Name       string
	FieldType  string `json:"field_type"`
	Zone       string
	Format     string
	VectorType string `json:"vector_type"`
	Constant   bool
}

// Load reads all cases in dir, in the order of their names.
func Load(dir string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no golden cases in %s", dir)
	}
	cases := make([]Case, len(files))
	for i, file := range files {
		c := &cases[i]
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, c); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		stem := strings.TrimSuffix(file, ".json")
		if c.Chunk, err = os.ReadFile(stem + ".chunk"); err != nil {
			return nil, err
		}
		if c.Meta, err = os.ReadFile(stem + ".meta"); err != nil {
			return nil, err
		}
	}
	return cases, nil
}

// value is an intended value for which JSON has no type.
type value struct {
	Type        string
	Value       string
	Bits        string
	EpochMicros string `json:"epoch_micros"`
	Zone        *string
}

// Check compares a decoded driver.Value with the intended one.
func Check(intended json.RawMessage, got any) error {
	if bytes.Equal(intended, []byte("null")) {
		return check(got == nil, intended, got)
	}
	switch intended[0] {
	case 't', 'f':
		b, ok := got.(bool)
		return check(ok && b == (intended[0] == 't'), intended, got)
	case '"':
		var want string
		if err := json.Unmarshal(intended, &want); err != nil {
			return err
		}
		s, ok := got.(string)
		return check(ok && s == want, intended, got)
	}
	var want value
	if err := json.Unmarshal(intended, &want); err != nil {
		return err
	}
	ok, err := want.matches(got)
	if err != nil {
		return err
	}
	return check(ok, intended, got)
}

func check(ok bool, intended json.RawMessage, got any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("got %T %v, want %s", got, got, intended)
}

func (w *value) matches(got any) (bool, error) {
	switch w.Type {
	case "int":
		want, err := strconv.ParseInt(w.Value, 10, 64)
		n, ok := got.(int64)
		return ok && n == want, err
	case "float":
		want, err := strconv.ParseUint(w.Bits, 16, 64)
		f, ok := got.(float64)
		return ok && math.Float64bits(f) == want, err
	case "bytes":
		want, err := base64.StdEncoding.DecodeString(w.Value)
		b, ok := got.([]byte)
		return ok && b != nil && bytes.Equal(b, want), err
	case "decimal":
		s, ok := got.(string)
		return ok && s == w.Value, nil
	}
	t, ok := got.(time.Time)
	if !ok {
		return false, nil
	}
	micros, err := strconv.ParseInt(w.EpochMicros, 10, 64)
	if err != nil {
		return false, err
	}
	switch w.Type {
	case "date":
		return clock(t, "2006-01-02") == w.Value && t.Location() == time.UTC && t.Equal(t.Truncate(24*time.Hour)), nil
	case "datetime":
		return t.UnixMicro() == micros && t.Location() == time.UTC && clock(t, "2006-01-02T15:04:05.000000") == w.Value, nil
	case "timestamp_tz":
		if t.UnixMicro() != micros || w.Zone == nil {
			return t.UnixMicro() == micros, nil
		}
		return clock(t, "2006-01-02T15:04:05.000000")+offset(t) == w.Value, nil
	}
	return false, fmt.Errorf("unknown type %q", w.Type)
}

// clock formats t as the golden files do: a year after 9999 has a plus, and a
// year before 0 has a minus and at least four digits.
func clock(t time.Time, layout string) string {
	y := t.Year()
	year := fmt.Sprintf("%04d", y)
	switch {
	case y > 9999:
		year = "+" + year
	case y < 0:
		year = fmt.Sprintf("-%04d", -y)
	}
	return year + t.Format(strings.TrimPrefix(layout, "2006"))
}

// offset formats t's offset from UTC, with seconds if there are any. Package
// time drops the sign of an offset of less than a minute.
func offset(t time.Time) string {
	_, seconds := t.Zone()
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	s := fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		s += fmt.Sprintf(":%02d", seconds%60)
	}
	return s
}
