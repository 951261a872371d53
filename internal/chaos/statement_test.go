package chaos

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// statement is one query. Its text describes its result completely: the engine
// makes the result from the text, and the reader checks it against the text.
type statement struct {
	id    uint64 // unique in a run
	rows  int
	batch int // rows of a chunk
	// zeros is the number of chunks without rows before chunk zeroAt. There are
	// none if they would end the result there (docs/protocol.md, section 3).
	zeros, zeroAt int
	// twice is the index of a chunk that is sent twice, or -1. Its rows are
	// then twice in the result.
	twice int
	// count is the row count that the metadata announces.
	count counting
	// lateEnd, zeroEnd and empties select the ways in which the engine ends a
	// result and sends answers without data.
	lateEnd, zeroEnd bool
	empties          int
	// lazy means that the engine makes the chunks while they are fetched.
	lazy bool
	// slow delays every batch.
	slow time.Duration
	// fails is the call in which the engine fails. quote is the index of its
	// error in quotes.
	fails failing
	quote int
}

// counting is the accuracy of a row count.
type counting int

const (
	exact counting = iota
	unknown
	tooSmall

	countings
)

// randomStatement returns a random statement.
func randomStatement(r *rand.Rand, id uint64) statement {
	s := statement{
		id:      id,
		batch:   []int{1, 7, 64, 300, 1024}[r.IntN(5)],
		twice:   -1,
		count:   counting(r.IntN(int(countings))),
		lateEnd: r.IntN(4) == 0,
		zeroEnd: r.IntN(3) == 0,
		lazy:    r.IntN(4) == 0,
	}
	switch n := r.IntN(100); {
	case n < 8:
	case n < 75:
		s.rows = 1 + r.IntN(600)
	case n < 97:
		s.rows = 1 + r.IntN(4000)
	default:
		s.rows = 1 + r.IntN(30_000)
	}
	s.batch = max(s.batch, s.rows/40)
	chunks := s.rows / s.batch
	if r.IntN(3) == 0 {
		s.zeros, s.zeroAt = 1+r.IntN(2), r.IntN(chunks+1)
	}
	if r.IntN(5) == 0 {
		s.twice = r.IntN(chunks + 1)
	}
	if r.IntN(8) == 0 {
		s.empties = 1
	}
	if r.IntN(6) == 0 {
		s.slow = time.Duration(1+r.IntN(15)) * time.Millisecond
	}
	if r.IntN(12) == 0 {
		s.rows = max(s.rows, 1)
		s.fails, s.quote = 1+failing(r.IntN(int(failings)-1)), r.IntN(len(quotes))
	}
	return s
}

const statementFormat = "SELECT * FROM chaos(%d, %d, %d, %d, %d, %d, %d, %t, %t, %d, %t, %d, %d, %d)"

func (s statement) text() string {
	return fmt.Sprintf(statementFormat, s.id, s.rows, s.batch, s.zeros, s.zeroAt, s.twice, s.count,
		s.lateEnd, s.zeroEnd, s.empties, s.lazy, s.slow, s.fails, s.quote)
}

// parseStatement is the inverse of text.
func parseStatement(text string) (s statement, err error) {
	_, err = fmt.Sscanf(text, statementFormat, &s.id, &s.rows, &s.batch, &s.zeros, &s.zeroAt, &s.twice, &s.count,
		&s.lateEnd, &s.zeroEnd, &s.empties, &s.lazy, &s.slow, &s.fails, &s.quote)
	return s, err
}

// chunk is a range of rows. It may be empty.
type chunk struct{ first, rows int }

// chunks returns the chunks that the engine sends, and the row count that it
// announces.
func (s statement) chunks() (list []chunk, announced int64) {
	for first := 0; first < s.rows; first += s.batch {
		c := chunk{first, min(s.batch, s.rows-first)}
		list = append(list, c)
		if len(list)-1 == s.twice {
			list = append(list, c)
		}
	}
	total := 0
	for _, c := range list {
		total += c.rows
	}
	switch s.count {
	case exact:
		announced = int64(total)
	case unknown:
		announced = -1
	case tooSmall:
		announced = int64((total + 1) / 2)
	}
	// A chunk without rows ends the result, unless announced rows are still
	// missing.
	owed := announced
	for _, c := range list[:min(s.zeroAt, len(list))] {
		owed -= int64(c.rows)
	}
	if owed > 0 && s.zeroAt < len(list) {
		with := append([]chunk(nil), list[:s.zeroAt]...)
		with = append(with, make([]chunk, s.zeros)...)
		list = append(with, list[s.zeroAt:]...)
	}
	return list, announced
}

// order returns the row numbers in the order of the result.
func (s statement) order() []int {
	list, _ := s.chunks()
	var order []int
	for _, c := range list {
		for i := range c.rows {
			order = append(order, c.first+i)
		}
	}
	return order
}

// columns is the number of columns.
const columns = 4

// row returns row i.
func (s statement) row(i int) (row [columns]any) {
	for col := range row {
		row[col] = s.cell(i, col)
	}
	return row
}

// cell returns the value of row i in a column; nil is NULL.
func (s statement) cell(i, col int) any {
	switch {
	case col == 0:
		return int64(i)
	case col == 1 && i%7 != 3:
		return fmt.Sprintf("q%d row %d%s", s.id, i, strings.Repeat("·", i%13))
	case col == 2 && i%11 != 5:
		return decimal(int64(s.id*31+uint64(i)*7919)%2_000_000_000 - 1_000_000_000)
	case col == 3 && i%3 != 1:
		return (s.id+uint64(i))%2 == 0
	}
	return nil
}

// decimal returns n/10000 in the driver's form of a DECIMAL(18,4).
func decimal(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%04d", sign, n/10_000, n%10_000)
}

// vectors encodes a chunk.
func (s statement) vectors(c chunk) ([]thriftrows.Vector, error) {
	types := [columns]thriftrows.VectorType{thriftrows.Long, thriftrows.String, thriftrows.Decimal128, thriftrows.Boolean}
	vectors := make([]thriftrows.Vector, len(types))
	values := make([]any, c.rows)
	for col, typ := range types {
		for i := range values {
			values[i] = s.cell(c.first+i, col)
		}
		v, err := thriftrows.NewVector(typ, 4, values)
		if err != nil {
			return nil, err
		}
		vectors[col] = v
	}
	return vectors, nil
}

// result returns the scripted result for the engine.
func (s statement) result() (*enginetest.Result, error) {
	list, announced := s.chunks()
	r := enginetest.NewResult().
		Column("id", "LONG").
		Column("tag", "STRING").
		Column("amount", "DECIMAL(18,4)").
		Column("flag", "BOOLEAN").
		RowCount(announced).
		EmptyAnswers(s.empties).
		Delay(enginetest.PhaseBatch, s.slow)
	if s.fails != nowhere {
		r.Fail(s.fails.phase(), s.error())
	}
	if s.lateEnd {
		r.LateEnd()
	}
	if s.zeroEnd {
		r.SizeZeroEnd()
	}
	if s.lazy {
		return r.ChunkFunc(func(i int) []byte {
			if i >= len(list) {
				return nil
			}
			b, err := s.encode(list[i])
			if err != nil {
				panic(err)
			}
			return b
		}), nil
	}
	for _, c := range list {
		v, err := s.vectors(c)
		if err != nil {
			return nil, err
		}
		r.Vectors(c.rows, v...)
	}
	return r, nil
}

func (s statement) encode(c chunk) ([]byte, error) {
	v, err := s.vectors(c)
	if err != nil {
		return nil, err
	}
	return thriftrows.AppendChunk(nil, c.rows, v)
}

// serve returns the result of a statement from its text.
func serve(q enginetest.Query) (*enginetest.Result, error) {
	s, err := parseStatement(q.SQL)
	if err != nil {
		return nil, err
	}
	return s.result()
}

// scanned is a row in the application.
type scanned struct {
	id          sql.NullInt64
	tag, amount sql.NullString
	flag        sql.NullBool
}

func (s *scanned) dest() []any { return []any{&s.id, &s.tag, &s.amount, &s.flag} }

// diff describes how a row differs from the engine's row i. It returns "" if it
// does not differ.
func (s *scanned) diff(st statement, i int) string {
	want := st.row(i)
	var got [columns]any
	got[0], _ = s.id.Value()
	got[1], _ = s.tag.Value()
	got[2], _ = s.amount.Value()
	got[3], _ = s.flag.Value()
	if got == want {
		return ""
	}
	return fmt.Sprintf("got %v, want row %d %v", got, i, want)
}
