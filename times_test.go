package e6data_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

var kolkata = time.FixedZone("+05:30", 19800)

// A Date or TimestampTZ is sent as a literal of its own type, in every place. It is not
// sent as the result of its Value method, which is for other drivers.
func TestTimesAsArguments(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.HandleFunc(enginetest.EchoLiterals)
	db := openDB(t, srv)
	at := time.Date(2024, 1, 31, 1, 59, 58, 123456789, kolkata)
	date, stamp := e6data.Date(at), e6data.TimestampTZ(at)
	pointer := &date
	const wantDate, wantStamp = "DATE '2024-01-31'", "TIMESTAMP_TZ '2024-01-31 01:59:58.123456+05:30'"
	for _, test := range []struct {
		v    any
		want string
	}{
		{date, wantDate}, {&date, wantDate}, {&pointer, wantDate}, {(*e6data.Date)(nil), "NULL"},
		{stamp, wantStamp}, {&stamp, wantStamp}, {(*e6data.TimestampTZ)(nil), "NULL"},
		{sql.Null[e6data.TimestampTZ]{V: stamp, Valid: true}, wantStamp}, {sql.Null[e6data.Date]{}, "NULL"}, {&sql.Null[e6data.Date]{V: date, Valid: true}, wantDate},
		{struct{ e6data.Date }{date}, wantDate},
	} {
		if _, err := echo(t, db, "SELECT ?", test.v); err != nil {
			t.Errorf("%T: %v", test.v, err)
		} else if got := lastSQL(srv); got != "SELECT "+test.want {
			t.Errorf("%T: the engine got %s, want %s", test.v, got, test.want)
		}
	}
	if _, err := echo(t, db, "SELECT x WHERE a IN (?) OR b IN (?)", []e6data.Date{date, date}, []*e6data.TimestampTZ{&stamp, nil}); err != nil {
		t.Error(err)
	} else if got, want := lastSQL(srv), "SELECT x WHERE a IN ("+wantDate+", "+wantDate+") OR b IN ("+wantStamp+", NULL)"; got != want {
		t.Errorf("the engine got %s, want %s", got, want)
	}
}

func TestTimesScan(t *testing.T) {
	t.Parallel()
	noon := time.Date(2024, 2, 29, 12, 0, 0, 0, kolkata)
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("d", "DATE").Column("z", "TIMESTAMP_TZ").Column("s", "STRING").Column("t", "TIMESTAMP").
		Row(noon, noon, "2024-02-29", noon).Row(nil, nil, "29.02.2024", nil))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var d, fromText e6data.Date
	var z e6data.TimestampTZ
	var at time.Time
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := rows.Scan(&d, &z, &fromText, &at); err != nil {
		t.Fatal(err)
	}
	if d.String() != "2024-02-29" || fromText != d || !time.Time(z).Equal(noon) || z.String() != "2024-02-29 12:00:00.000000+05:30" {
		t.Errorf("%v, %v, %v", d, fromText, z)
	}
	if err := rows.Scan(&sql.RawBytes{}, &z, &fromText, &d); err == nil || !strings.Contains(err.Error(), "time of day") || d != fromText {
		t.Errorf("a timestamp into a Date: %v, %v", d, err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	var noDate sql.Null[e6data.Date]
	var noStamp *e6data.TimestampTZ
	var text string
	if err := rows.Scan(&noDate, &noStamp, &text, &sql.NullTime{}); err != nil || noDate.Valid || noStamp != nil {
		t.Errorf("%v, %v, %v", noDate, noStamp, err)
	}
	for _, dest := range [][]any{{&d, &noStamp, &text, new(any)}, {&noDate, &z, &text, new(any)}, {&noDate, &noStamp, &d, new(any)}} {
		if err := rows.Scan(dest...); err == nil || d != fromText {
			t.Errorf("%v, %v", d, err)
		}
	}
	for _, dest := range []sql.Scanner{&d, &z, (*e6data.Date)(nil), (*e6data.TimestampTZ)(nil)} {
		if err := dest.Scan(int64(1)); err == nil {
			t.Errorf("a number into a %T", dest)
		}
	}
}

// Libraries without support for these types can use their values.
func TestTimesForLibraries(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 31, 1, 59, 58, 123456000, kolkata)
	date, stamp := e6data.Date(at), e6data.TimestampTZ(at)
	for _, test := range []struct {
		v     driver.Valuer
		value time.Time
		json  string
	}{
		{date, time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC), `"2024-01-31"`},
		{stamp, at, `"2024-01-31T01:59:58.123456+05:30"`},
		{e6data.TimestampTZ(at.In(time.FixedZone("LMT", 3*3600+7))), at.In(time.FixedZone("LMT", 3*3600+7)), `"2024-01-30T20:29:58.123456Z"`},
	} {
		v, err := test.v.Value()
		if got, ok := v.(time.Time); err != nil || !ok || !got.Equal(test.value) || !driver.IsValue(v) {
			t.Errorf("%T: value %v, %v", test.v, v, err)
		}
		b, err := json.Marshal(map[string]any{"a": test.v})
		if err != nil || string(b) != `{"a":`+test.json+`}` {
			t.Errorf("%T: %s, %v", test.v, b, err)
		}
		if text := fmt.Sprint(test.v); strings.ContainsAny(text, "{}") {
			t.Errorf("%T: %s", test.v, text)
		}
	}
	var both struct {
		D e6data.Date
		T e6data.TimestampTZ
	}
	if err := json.Unmarshal([]byte(`{"D": "2024-01-31", "T": "2024-01-31T01:59:58.123456+05:30"}`), &both); err != nil || both.D.String() != date.String() || both.T.String() != stamp.String() {
		t.Errorf("%v, %v", both, err)
	}
	before := both
	if err := json.Unmarshal([]byte(`{"D": null, "T": null}`), &both); err != nil || both != before {
		t.Errorf("%v, %v", both, err)
	}
	for _, text := range []string{`{"D": "2024-02-30"}`, `{"D": ""}`, `{"D": 1}`, `{"T": "2024-01-31"}`, `{"T": "2024-01-31 01:59:58"}`, `{"T": true}`} {
		if err := json.Unmarshal([]byte(text), &both); err == nil || both != before {
			t.Errorf("%s: %v, %v", text, both, err)
		}
	}
	far := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	_, dateErr := e6data.Date(far).MarshalText()
	_, stampErr := json.Marshal(e6data.TimestampTZ(far))
	if dateErr == nil || stampErr == nil {
		t.Errorf("year 10000: %v, %v", dateErr, stampErr)
	}
}

func FuzzTimes(f *testing.F) {
	for _, text := range []string{"2024-01-31", "2024-01-31T23:59:58.123456+05:30", "2024-01-31 23:59:58.1-00:30", "0000-01-01T00:00:00Z", "", "x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d, date e6data.Date
		if err := d.UnmarshalText([]byte(text)); err == nil {
			b, err := d.MarshalText()
			if err := errors.Join(err, date.Scan(b)); err != nil || date != d {
				t.Errorf("%q: %v, %v, %v", text, d, date, err)
			}
		}
		var z, stamp e6data.TimestampTZ
		if err := z.UnmarshalText([]byte(text)); err == nil {
			b, err := json.Marshal(z)
			if err != nil {
				return // an offset of a day or more
			}
			if err := json.Unmarshal(b, &stamp); err != nil || !time.Time(stamp).Equal(time.Time(z)) {
				t.Errorf("%q: %v, %v, %v", text, z, stamp, err)
			}
		}
	})
}
