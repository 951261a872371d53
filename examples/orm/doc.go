// Package orm shows e6data with libraries that build SQL or read rows: sqlx, squirrel,
// goqu, scany and sqlc. Its tests run each over the emulator, with real SQL. For GORM and
// bun see the modules gorme6data and bune6data.
package orm

import (
	"github.com/doug-martin/goqu/v9"
	"github.com/jmoiron/sqlx"

	"github.com/e6data/e6data-go"
)

// Goqu is the name of goqu's dialect: goqu.New(orm.Goqu, pool). Use Prepared(true), so that
// the driver writes the values.
const Goqu = "e6data"

func init() {
	goqu.RegisterDialect(Goqu, goquOptions())
	// sqlx asks for the kind of placeholders by the name of the driver.
	sqlx.BindDriver(e6data.DriverName, sqlx.QUESTION)
}

// goquOptions returns goqu's default dialect with the differences of this engine. A
// backslash in a text is an escape, so that goqu must double it where it writes a value
// into the statement by itself.
func goquOptions() *goqu.SQLDialectOptions {
	o := goqu.DefaultDialectOptions()
	o.EscapedRunes = map[rune][]byte{'\'': []byte("''"), '\\': []byte(`\\`)}
	o.TimeFormat = "2006-01-02 15:04:05.000000"
	o.SupportsReturn = false
	o.SupportsConflictTarget, o.SupportsConflictUpdateWhere = false, false
	return o
}
