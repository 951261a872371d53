package e6data_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/hostile"
)

// Literal returns the same text as the driver writes for the argument, and the engine reads
// it as one value.
func TestLiteral(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	at := time.Date(2024, 1, 31, 23, 59, 58, 123456789, time.FixedZone("", 19800))
	values := []any{nil, true, -42, 1.5, "it's", []byte{1}, at, e6data.Date(at), e6data.TimestampTZ(at), e6data.NewDecimal(-1230, 2), point{1, 2}, uint64(math.MaxUint64)}
	for _, v := range hostile.Texts()[:60] {
		values = append(values, v)
	}
	for _, v := range values {
		literal, err := e6data.Literal(v)
		if err != nil {
			t.Errorf("%v: %v", v, err)
			continue
		}
		if _, err := echo(t, db, "SELECT ?", v); err != nil || lastSQL(srv) != "SELECT "+literal {
			t.Errorf("%v (%T): %s, and as an argument %s, %v", v, v, literal, lastSQL(srv), err)
		}
		s, ok := v.(string)
		if !ok {
			continue
		}
		got, err := echo(t, db, "SELECT a FROM t WHERE b = "+literal+" AND c = 'x'")
		if err != nil || len(got) != 2 || got[0] != (enginetest.Literal{Kind: "STRING", Value: s}) {
			t.Errorf("%q: %s was read as %v, %v", s, literal, got, err)
		}
	}
	for _, v := range []any{[]int{1}, math.NaN(), "\xff", "a\x00", struct{}{}, e6data.NoCache(), point{-1, 0}} {
		got, err := e6data.Literal(v)
		if err == nil || got != "" || !strings.HasPrefix(err.Error(), "e6data: Literal: ") {
			t.Errorf("%v: %q, %v", v, got, err)
		}
		if _, ok := v.(point); ok && (!errors.Is(err, errNegative) || !strings.Contains(err.Error(), "its Value method failed: a negative point")) {
			t.Errorf("%v", err)
		}
	}
}

func TestIdentifier(t *testing.T) {
	t.Parallel()
	srv := echoEngine(t)
	db := openDB(t, srv)
	for _, name := range []string{"a", `a"b`, `\" OR 1=1 -- `, `a\`, "it's", "-- ?", ""} {
		query := "SELECT " + e6data.Identifier(name) + ", ?, " + e6data.Identifier(name)
		if got, err := echo(t, db, query, "x"); err != nil || len(got) != 1 || got[0].Value != "x" {
			t.Errorf("%s: %v, %v", query, got, err)
		}
	}
}

// A tool writes SQL as text.
func ExampleLiteral() {
	name, err := e6data.Literal(`\' OR 1=1 -- `)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("SELECT * FROM " + e6data.Identifier("my table") + " WHERE name = " + name)
	// Output: SELECT * FROM "my table" WHERE name = '\\'' OR 1=1 -- '
}

// A schema and a table with a quote in its name.
func ExampleIdentifier() {
	fmt.Println(e6data.Identifier("sales") + "." + e6data.Identifier(`5" disks`))
	// Output: "sales"."5"" disks"
}
