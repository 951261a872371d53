package gorme6data

import (
	"errors"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// UnsupportedError is the error of a request that the engine cannot have. Nothing
// was sent. errors.Is finds [errors.ErrUnsupported] in it.
type UnsupportedError struct {
	// What names the request, such as a clause or a method.
	What string
	// Instead says what to do.
	Instead string
}

// Error returns a text with both fields.
func (e *UnsupportedError) Error() string {
	text := "gorme6data: the engine has no " + e.What
	if e.Instead != "" {
		text += ": " + e.Instead
	}
	return text
}

// Is reports whether target is errors.ErrUnsupported.
func (e *UnsupportedError) Is(target error) bool { return target == errors.ErrUnsupported }

// refused are clauses that the engine does not have, by GORM's names.
var refused = map[string]*UnsupportedError{
	"ON CONFLICT": {"clause.OnConflict", "keys are not unique; decide before the INSERT whether the row exists"},
	"RETURNING":   {"clause.Returning", "read the rows with a query"},
	"FOR":         {"clause.Locking", "there are no transactions"},
}

// registerRefusals refuses clauses before a statement is built.
func registerRefusals(db *gorm.DB) error {
	const name = "e6data:refuse"
	c := db.Callback()
	return errors.Join(
		c.Create().Before("*").Register(name, refuse),
		c.Query().Before("*").Register(name, refuse),
		c.Update().Before("*").Register(name, refuse),
		c.Delete().Before("*").Register(name, refuse),
		c.Row().Before("*").Register(name, refuse),
	)
}

func refuse(db *gorm.DB) {
	for name, err := range refused {
		if _, ok := db.Statement.Clauses[name]; ok {
			_ = db.AddError(err)
		}
	}
}

// create is GORM's callback for Create. GORM's own one needs LastInsertId or
// RETURNING.
func create(db *gorm.DB) {
	if db.Error != nil {
		return
	}
	st := db.Statement
	if st.Schema != nil {
		if !st.Unscoped {
			for _, c := range st.Schema.CreateClauses {
				st.AddClause(c)
			}
		}
		if err := requireKeys(st); err != nil {
			_ = db.AddError(err)
			return
		}
	}
	if st.SQL.Len() == 0 {
		st.SQL.Grow(180)
		st.AddClauseIfNotExists(clause.Insert{})
		st.AddClause(callbacks.ConvertToCreateValues(st))
		st.Build(st.BuildClauses...)
	}
	refuse(db) // clauses of the schema
	if db.DryRun || db.Error != nil {
		return
	}
	result, err := st.ConnPool.ExecContext(st.Context, st.SQL.String(), st.Vars...)
	if db.AddError(err) != nil {
		return
	}
	n, err := result.RowsAffected()
	if err != nil { // the engine has not told
		n = rowsOf(st)
	}
	db.RowsAffected = n
	if st.Result != nil {
		st.Result.Result, st.Result.RowsAffected = result, n
	}
}

// rowsOf returns the number of rows of an INSERT that succeeded.
func rowsOf(st *gorm.Statement) int64 {
	if values, ok := st.Clauses["VALUES"].Expression.(clause.Values); ok {
		return int64(len(values.Values))
	}
	return 0
}

// requireKeys returns an error if a row lacks a key that the database would have
// to generate.
func requireKeys(st *gorm.Statement) error {
	key := st.Schema.PrioritizedPrimaryField
	if key == nil || !key.AutoIncrement {
		return nil
	}
	missing := &UnsupportedError{
		What:    "generated key for field " + key.Name + " of " + st.Schema.Name,
		Instead: "set the field before Create, or tag it with autoIncrement:false",
	}
	switch v := st.ReflectValue; v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if isZero(st, key, reflect.Indirect(v.Index(i))) {
				return missing
			}
		}
	case reflect.Struct:
		if isZero(st, key, v) {
			return missing
		}
	case reflect.Map: // of a Model; the columns are the map's
		for _, name := range []string{key.Name, key.DBName} {
			if value := v.MapIndex(reflect.ValueOf(name)); value.IsValid() {
				return nil
			}
		}
		return missing
	}
	return nil
}

func isZero(st *gorm.Statement, key *schema.Field, row reflect.Value) bool {
	if !row.IsValid() || row.Kind() != reflect.Struct {
		return false // GORM reports it
	}
	_, zero := key.ValueOf(st.Context, row)
	return zero
}
