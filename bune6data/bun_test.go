package bune6data_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/internal/hostile"
)

// author and book are the models of the application.
type author struct {
	bun.BaseModel `bun:"table:authors,alias:a"`

	ID    int64   `bun:",pk"`
	Name  string  `bun:",notnull"`
	Books []*book `bun:"rel:has-many,join:id=author_id"`
}

type book struct {
	bun.BaseModel `bun:"table:books,alias:b"`

	ID        int64 `bun:",pk"`
	AuthorID  int64
	Author    *author `bun:"rel:belongs-to,join:author_id=id"`
	Title     string
	Price     e6data.Decimal
	Rating    sql.NullFloat64
	Published time.Time
}

// An application creates its tables, writes rows, and reads them with relations, in
// batches and with aggregates.
func TestApplication(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := open(t)
	for _, model := range []any{(*author)(nil), (*book)(nil)} {
		_, err := db.NewCreateTable().Model(model).IfNotExists().Exec(ctx)
		must(t, err)
	}
	authors := []author{{ID: 1, Name: `O'Brien \`}, {ID: 2, Name: "Eco"}}
	_, err := db.NewInsert().Model(&authors).Exec(ctx)
	must(t, err)
	published := time.Date(2024, 1, 31, 23, 59, 58, 123456000, time.UTC)
	var books []book
	for i := range int64(25) {
		b := book{ID: i + 1, AuthorID: i%2 + 1, Title: fmt.Sprintf("Book %d", i+1), Price: e6data.NewDecimal(1000+i, 2), Published: published.AddDate(0, 0, int(i))}
		if i%3 == 0 {
			b.Rating = sql.NullFloat64{Float64: float64(i) / 2, Valid: true}
		}
		books = append(books, b)
	}
	_, err = db.NewInsert().Model(&books).Exec(ctx)
	must(t, err)

	var one book
	must(t, db.NewSelect().Model(&one).Relation("Author").Where("b.id = ?", 7).Scan(ctx))
	if one.Title != "Book 7" || one.Author == nil || one.Author.Name != `O'Brien \` || one.Price.String() != "10.060000000" ||
		!one.Published.Equal(published.AddDate(0, 0, 6)) || one.Rating != (sql.NullFloat64{Float64: 3, Valid: true}) {
		t.Errorf("%+v of %+v", one, one.Author)
	}
	var all []author
	must(t, db.NewSelect().Model(&all).Relation("Books").OrderExpr("a.id").Scan(ctx))
	if len(all) != 2 || len(all[0].Books) != 13 || len(all[1].Books) != 12 {
		t.Errorf("%+v", all)
	}
	var some []book
	must(t, db.NewSelect().Model(&some).Where("id IN (?)", bun.List([]int64{3, 5, 99})).Where("title LIKE ?", "Book%").Order("id DESC").Limit(5).Scan(ctx))
	if len(some) != 2 || some[0].ID != 5 || some[1].ID != 3 {
		t.Errorf("%+v", some)
	}
	seen := 0
	for last := int64(0); ; {
		var batch []book
		must(t, db.NewSelect().Model(&batch).Where("id > ?", last).Order("id").Limit(10).Scan(ctx))
		if seen += len(batch); len(batch) < 10 {
			break
		}
		last = batch[len(batch)-1].ID
	}
	if n, err := db.NewSelect().Model((*book)(nil)).Where("author_id = ?", 1).Count(ctx); err != nil || n != 13 || seen != 25 {
		t.Errorf("%d books of author 1, %d of all, %v", n, seen, err)
	}
	if ok, err := db.NewSelect().Model((*book)(nil)).Where("title = ?", "none").Exists(ctx); err != nil || ok {
		t.Error(ok, err)
	}
	_, err = db.NewUpdate().Model((*book)(nil)).Set("title = ?", `"new" \'`).Where("id = ?", 2).Exec(ctx)
	must(t, err)
	_, err = db.NewDelete().Model((*book)(nil)).Where("id = ?", 1).Exec(ctx)
	must(t, err)
	var titles []string
	must(t, db.NewSelect().Model((*book)(nil)).Column("title").Where("id <= ?", 2).Scan(ctx, &titles))
	if !slices.Equal(titles, []string{`"new" \'`}) {
		t.Errorf("%q", titles)
	}
}

// No text breaks out of its literal: each is read as it was written.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	db := open(t)
	for want := range slices.Chunk(hostile.Texts(), 40) {
		args := make([]any, len(want))
		for i, text := range want {
			args[i] = text
		}
		query := "SELECT " + strings.TrimSuffix(strings.Repeat("? , ", len(args)), ", ")
		got := make([]string, len(args))
		into := make([]any, len(args))
		for i := range got {
			into[i] = &got[i]
		}
		must(t, db.QueryRowContext(t.Context(), query, args...).Scan(into...))
		if !slices.Equal(got, want) {
			t.Errorf("%q was read as %q", want, got)
		}
	}
}

// A hostile name stays inside of its quotes.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, name := range []string{`a"b`, "a'b", "a;b", "a--b", "a/*b"} {
		var n int
		must(t, db.NewSelect().ColumnExpr("? AS ?", 7, bun.Ident(name)).Scan(t.Context(), &n))
		if n != 7 {
			t.Errorf("%s: %d", name, n)
		}
	}
}

// What the engine does not have is refused before a statement is sent.
func TestRefusals(t *testing.T) {
	t.Parallel()
	db, srv := openScripted(t)
	type counted struct {
		ID   int64 `bun:",pk,autoincrement"`
		Name string
	}
	ctx := t.Context()
	_, err := db.NewInsert().Model(&counted{Name: "x"}).Exec(ctx)
	if err == nil || !strings.Contains(err.Error(), "placeholder") {
		t.Errorf("a generated key: %v", err)
	}
	if _, err := db.NewCreateTable().Model((*counted)(nil)).Exec(ctx); err == nil || !strings.Contains(err.Error(), "placeholder") {
		t.Errorf("a table with generated keys: %v", err)
	}
	if _, err := db.BeginTx(ctx, nil); !errors.Is(err, e6data.ErrTransactions) {
		t.Errorf("a transaction: %v", err)
	}
	if n := srv.Count("prepareStatement") + srv.Count("prepareStatementV2"); n != 0 {
		t.Errorf("%d statements were sent", n)
	}
}

// Each type of a field has a type of the engine.
func TestTypes(t *testing.T) {
	t.Parallel()
	type thing struct {
		ID      int64 `bun:",pk"`
		Amount  e6data.Decimal
		Price   e6data.Decimal `bun:"type:DECIMAL(10,2)"`
		Day     e6data.Date
		At      time.Time
		Raw     []byte
		Double  float64
		Single  float32
		Object  map[string]string
		List    []string
		Text    string
		Flag    bool
		Small   *int16
		Integer int32
	}
	db, _ := openScripted(t)
	const want = `CREATE TABLE "things" ("id" BIGINT NOT NULL, "amount" DECIMAL(38,9), "price" DECIMAL(10,2), "day" DATE, ` +
		`"at" TIMESTAMP, "raw" BINARY, "double" DOUBLE, "single" FLOAT, "object" VARCHAR, "list" VARCHAR, "text" VARCHAR, ` +
		`"flag" BOOLEAN, "small" SMALLINT, "integer" INTEGER, PRIMARY KEY ("id"))`
	if got := db.NewCreateTable().Model((*thing)(nil)).String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if _, err := open(t).NewCreateTable().Model((*thing)(nil)).Exec(t.Context()); err != nil {
		t.Error(err)
	}
}

// bun leaves RETURNING out, and does not change ON CONFLICT.
func TestClauses(t *testing.T) {
	t.Parallel()
	db, _ := openScripted(t)
	insert := db.NewInsert().Model(&author{ID: 1}).On("CONFLICT DO NOTHING").Returning("id").String()
	update := db.NewUpdate().Model(&author{ID: 1}).WherePK().Returning("*").String()
	if !strings.HasSuffix(insert, "ON CONFLICT DO NOTHING") || strings.Contains(update, "RETURNING") {
		t.Errorf("%s\n%s", insert, update)
	}
}

// The dialect writes values as the driver does.
func TestValues(t *testing.T) {
	t.Parallel()
	db, _ := openScripted(t)
	at := time.Date(2024, 1, 31, 23, 59, 58, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		v    any
		want string
	}{
		{"it's \\", ""}, {at, ""}, {[]byte{0xCA, 0xFE}, ""}, {true, "TRUE"}, {nil, "NULL"}, {42, "42"},
		{e6data.NewDecimal(105, 2), "'1.05'"}, {map[string]string{"a": `'\`}, ""},
	} {
		want := c.want
		if _, ok := c.v.(map[string]string); ok {
			var err error
			want, err = e6data.Literal(`{"a":"'\\"}`)
			must(t, err)
		} else if want == "" {
			var err error
			want, err = e6data.Literal(c.v)
			must(t, err)
		}
		if got := db.NewSelect().ColumnExpr("?", c.v).String(); got != "SELECT "+want {
			t.Errorf("%v: %s, want %s", c.v, got, want)
		}
	}
}
