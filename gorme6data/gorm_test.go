package gorme6data_test

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/gorme6data"
	"github.com/e6data/e6data-go/internal/hostile"
)

// The models of an application.
type (
	Company struct {
		ID    int64 `gorm:"primaryKey;autoIncrement:false"`
		Name  string
		Users []User
	}
	User struct {
		ID        uint `gorm:"primaryKey"`
		Name      string
		Age       *int32
		Balance   float64
		Member    bool
		Avatar    []byte
		Born      time.Time
		CompanyID *int64
		Company   *Company
		Pets      []Pet
		DeletedAt gorm.DeletedAt
	}
	Pet struct {
		ID     int64 `gorm:"primaryKey;autoIncrement:false"`
		Name   string
		UserID uint
	}
)

func pointer[T any](v T) *T { return &v }

var born = time.Date(1990, 5, 17, 8, 30, 0, 123456000, time.UTC)

// people creates the tables with a few rows.
func people(t *testing.T, db *gorm.DB) {
	t.Helper()
	must(t, db.AutoMigrate(&Company{}, &User{}, &Pet{}))
	must(t, db.Create([]Company{{ID: 1, Name: "O'Reilly"}, {ID: 2, Name: `back\slash`}}).Error)
	users := []User{
		{ID: 1, Name: "Ann", Age: pointer[int32](31), Balance: 1.5, Member: true, Avatar: []byte{0, 0xff}, Born: born, CompanyID: pointer[int64](1)},
		{ID: 2, Name: "Bob; DROP TABLE users", Age: pointer[int32](25), Born: born.AddDate(3, 0, 0), CompanyID: pointer[int64](2)},
		{ID: 3, Name: "Çelik 🐟", Born: born.AddDate(-7, 0, 0)},
	}
	tx := db.Create(&users)
	must(t, tx.Error)
	if tx.RowsAffected != 3 {
		t.Errorf("%d rows were created", tx.RowsAffected)
	}
	must(t, db.Create([]Pet{{1, "Rex", 1}, {2, "Tom", 1}, {3, "Ida", 3}}).Error)
}

// An application of the shape of GORM's guide runs on the emulator.
func TestApplication(t *testing.T) {
	db, _ := open(t, emulator.Config{})
	people(t, db)

	var ann User
	must(t, db.Preload("Pets", func(db *gorm.DB) *gorm.DB { return db.Order("pets.id") }).Preload("Company").First(&ann, "name = ?", "Ann").Error)
	if *ann.Age != 31 || ann.Balance != 1.5 || !ann.Member || !slices.Equal(ann.Avatar, []byte{0, 0xff}) || !ann.Born.Equal(born) ||
		ann.Company.Name != "O'Reilly" || len(ann.Pets) != 2 || ann.Pets[1].Name != "Tom" {
		t.Errorf("%+v", ann)
	}
	var missing User
	if err := db.First(&missing, 99).Error; !errors.Is(err, gorm.ErrRecordNotFound) {
		t.Errorf("a missing user: %v", err)
	}

	var joined []User
	must(t, db.Joins("Company").Where(`"Company"."name" = ?`, `back\slash`).Find(&joined).Error)
	if len(joined) != 1 || joined[0].ID != 2 || joined[0].Company.Name != `back\slash` {
		t.Errorf("%+v", joined)
	}

	var names []string
	must(t, db.Model(&User{}).Where("age > ? OR age IS NULL", 28).Order("name").Pluck("name", &names).Error)
	if !slices.Equal(names, []string{"Ann", "Çelik 🐟"}) {
		t.Errorf("%q", names)
	}
	var count int64
	must(t, db.Model(&User{}).Where(map[string]any{"member": false}).Or(User{Name: "Ann"}).Count(&count).Error)
	if count != 3 {
		t.Errorf("%d users", count)
	}
	var groups []struct {
		Member bool
		N      int64
	}
	must(t, db.Model(&User{}).Select("member, COUNT(*) AS n").Group("member").Having("COUNT(*) > ?", 0).Order("n").Find(&groups).Error)
	if len(groups) != 2 || groups[1].N != 2 {
		t.Errorf("%+v", groups)
	}

	must(t, db.Model(&User{ID: 2}).Updates(map[string]any{"age": gorm.Expr("age + ?", 1), "name": `B\'b`}).Error)
	var bob User
	must(t, db.Take(&bob, 2).Error)
	if *bob.Age != 26 || bob.Name != `B\'b` {
		t.Errorf("%+v", bob)
	}
	must(t, db.Delete(&User{}, 3).Error) // softly
	must(t, db.Model(&User{}).Count(&count).Error)
	var all int64
	must(t, db.Unscoped().Model(&User{}).Count(&all).Error)
	if count != 2 || all != 3 {
		t.Errorf("%d users of %d", count, all)
	}
	must(t, db.Unscoped().Delete(&User{}, "id = ?", 3).Error)
	must(t, db.Unscoped().Model(&User{}).Count(&all).Error)
	if all != 2 {
		t.Errorf("%d users are left", all)
	}
	rows, err := db.Model(&Pet{}).Where("user_id IN ?", []uint{1, 3}).Order("id DESC").Limit(2).Offset(1).Rows()
	must(t, err)
	var pets []string
	for rows.Next() {
		var p Pet
		must(t, db.ScanRows(rows, &p))
		pets = append(pets, p.Name)
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	if !slices.Equal(pets, []string{"Tom", "Rex"}) {
		t.Errorf("%q", pets)
	}
}

func TestFindInBatches(t *testing.T) {
	db, _ := open(t, emulator.Config{})
	must(t, db.AutoMigrate(&Pet{}))
	pets := make([]Pet, 250)
	for i := range pets {
		pets[i] = Pet{ID: int64(i + 1), Name: fmt.Sprint("pet ", i), UserID: uint(i % 7)}
	}
	must(t, db.CreateInBatches(pets, 60).Error)
	var seen []Pet
	var batch []Pet
	must(t, db.FindInBatches(&batch, 100, func(_ *gorm.DB, n int) error {
		if want := min(100, 250-100*(n-1)); len(batch) != want {
			t.Errorf("batch %d has %d pets, want %d", n, len(batch), want)
		}
		seen = append(seen, batch...)
		return nil
	}).Error)
	if !slices.Equal(seen, pets) {
		t.Errorf("%d pets", len(seen))
	}
}

// Nothing is sent of what the engine does not have.
func TestRefusals(t *testing.T) {
	db, srv := openScripted(t)
	sqlDB, err := db.DB()
	must(t, err)
	must(t, sqlDB.Ping())
	for name, f := range map[string]func() error{
		"a key to generate":          func() error { return db.Create(&User{Name: "x"}).Error },
		"a key to generate in a row": func() error { return db.Create([]User{{ID: 1}, {}}).Error },
		"a key to generate of a map": func() error { return db.Model(&User{}).Create(map[string]any{"name": "x"}).Error },
		"OnConflict":                 func() error { return db.Clauses(clause.OnConflict{DoNothing: true}).Create(&Pet{ID: 1}).Error },
		"Returning":                  func() error { return db.Clauses(clause.Returning{}).Where("id = 1").Delete(&Pet{}).Error },
		"Locking":                    func() error { return db.Clauses(clause.Locking{Strength: "UPDATE"}).Find(&[]Pet{}).Error },
		"AddColumn":                  func() error { return db.Migrator().AddColumn(&Pet{}, "Name") },
		"CreateIndex":                func() error { return db.Migrator().CreateIndex(&Pet{}, "Name") },
		"RenameTable":                func() error { return db.Migrator().RenameTable("a", "b") },
		"DropColumn":                 func() error { return db.Migrator().DropColumn(&Pet{}, "Name") },
		"AlterColumn":                func() error { return db.Migrator().AlterColumn(&Pet{}, "Name") },
		"RenameColumn":               func() error { return db.Migrator().RenameColumn(&Pet{}, "Name", "Title") },
		"CreateConstraint":           func() error { return db.Migrator().CreateConstraint(&Pet{}, "x") },
		"DropConstraint":             func() error { return db.Migrator().DropConstraint(&Pet{}, "x") },
		"DropIndex":                  func() error { return db.Migrator().DropIndex(&Pet{}, "x") },
		"RenameIndex":                func() error { return db.Migrator().RenameIndex(&Pet{}, "x", "y") },
		"CreateView":                 func() error { return db.Migrator().CreateView("v", gorm.ViewOption{Query: db.Model(&Pet{})}) },
		"DropView":                   func() error { return db.Migrator().DropView("v") },
		"TableType":                  func() error { _, err := db.Migrator().TableType(&Pet{}); return err },
	} {
		err := f()
		var refused *gorme6data.UnsupportedError
		if !errors.As(err, &refused) || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := db.Transaction(func(*gorm.DB) error { return nil }); !errors.Is(err, e6data.ErrTransactions) {
		t.Errorf("a transaction: %v", err)
	}
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d statements were sent", n)
	}
}

// Save updates a row. If there is none, GORM would insert it with OnConflict, which
// is refused.
func TestSave(t *testing.T) {
	db, _ := open(t, emulator.Config{})
	must(t, db.AutoMigrate(&Pet{}))
	must(t, db.Create(&Pet{ID: 1, Name: "Rex"}).Error)
	must(t, db.Save(&Pet{ID: 1, Name: "Max"}).Error)
	var refused *gorme6data.UnsupportedError
	if err := db.Save(&Pet{ID: 2, Name: "Tom"}).Error; !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	var pets []Pet
	must(t, db.Find(&pets).Error)
	if !slices.Equal(pets, []Pet{{ID: 1, Name: "Max"}}) {
		t.Errorf("%+v", pets)
	}
}

// Note is a model with hooks.
type Note struct {
	ID   int64 `gorm:"primaryKey;autoIncrement:false"`
	Text string
	read int
}

func (n *Note) BeforeCreate(*gorm.DB) error {
	if n.Text == "" {
		return errors.New("an empty note")
	}
	n.Text = strings.ToUpper(n.Text)
	return nil
}

func (n *Note) AfterFind(*gorm.DB) error {
	n.read++
	return nil
}

func TestHooksAndScopes(t *testing.T) {
	db, srv := open(t, emulator.Config{})
	must(t, db.AutoMigrate(&Note{}))
	must(t, db.Create([]*Note{{ID: 1, Text: "a"}, {ID: 2, Text: "b"}}).Error)
	executed := srv.Stats().Executed
	if err := db.Create(&Note{ID: 3}).Error; err == nil || srv.Stats().Executed != executed {
		t.Errorf("a hook's error: %v", err)
	}
	after := func(id int64) func(*gorm.DB) *gorm.DB {
		return func(db *gorm.DB) *gorm.DB { return db.Where("id > ?", id) }
	}
	var notes []Note
	must(t, db.Scopes(after(1)).Find(&notes).Error)
	if len(notes) != 1 || notes[0].Text != "B" || notes[0].read != 1 {
		t.Errorf("%+v", notes)
	}
}

// If the engine does not tell how many rows an INSERT has created, they are those of
// the statement.
func TestUnknownNumberOfRows(t *testing.T) {
	db, srv := openScripted(t)
	srv.HandleFunc(func(enginetest.Query) (*enginetest.Result, error) {
		return enginetest.NewResult().Column("result", "STRING").Row("done"), nil
	})
	tx := db.Create([]Pet{{ID: 1}, {ID: 2}})
	if tx.Error != nil || tx.RowsAffected != 2 {
		t.Errorf("%d rows, %v", tx.RowsAffected, tx.Error)
	}
}

// The dialect uses a pool or a connector of the caller.
func TestExistingConnections(t *testing.T) {
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	cfg, err := e6data.ParseDSN(srv.DSN())
	must(t, err)
	connector, err := e6data.NewConnector(cfg)
	must(t, err)
	pool := sql.OpenDB(connector)
	defer pool.Close()
	for _, c := range []gorme6data.Config{{Conn: pool}, {Connector: connector}} {
		db, err := gorm.Open(gorme6data.New(c), &gorm.Config{PrepareStmt: true})
		must(t, err)
		var n int
		must(t, db.Raw("SELECT 1").Scan(&n).Error)
		if n != 1 || db.Name() != "e6data" {
			t.Errorf("%d, %s", n, db.Name())
		}
		if db.Migrator().HasTable("x") {
			t.Error("a table that does not exist")
		}
		if c.Connector != nil {
			opened, err := db.DB()
			must(t, err)
			must(t, opened.Close())
		}
	}
	if _, err := gorm.Open(gorme6data.Open("e6data://host:port"), &gorm.Config{}); err == nil {
		t.Error("a wrong data source name was accepted")
	}
}

// AutoMigrate creates nothing twice, and reports what it does not change.
func TestAutoMigrate(t *testing.T) {
	db, srv := open(t, emulator.Config{})
	type Item struct {
		ID    int64 `gorm:"primaryKey;autoIncrement:false"`
		Price string
	}
	must(t, db.AutoMigrate(&Item{}))
	must(t, db.AutoMigrate(&Item{}))
	m := db.Migrator()
	if !m.HasTable(&Item{}) || !m.HasTable("items") || m.HasTable("things") || !m.HasColumn(&Item{}, "Price") || m.HasColumn(&Item{}, "nothing") {
		t.Error("the table or a column is missing")
	}
	tables, err := m.GetTables()
	if err != nil || !slices.Equal(tables, []string{"items"}) || m.CurrentDatabase() != "db" {
		t.Errorf("%q in %s, %v", tables, m.CurrentDatabase(), err)
	}
	types, err := m.ColumnTypes(&Item{})
	if err != nil || len(types) != 2 || types[0].Name() != "id" || types[0].DatabaseTypeName() != "LONG" {
		t.Errorf("%+v, %v", types, err)
	}

	executed := srv.Stats().Executed
	type changed struct {
		ID    int64   `gorm:"primaryKey;autoIncrement:false"`
		Price float64 `gorm:"precision:10;scale:2"`
		Color string
	}
	err = db.Table("items").AutoMigrate(&changed{})
	var diff *gorme6data.MigrationError
	if !errors.As(err, &diff) || diff.Table != "items" || !slices.Equal(diff.Missing, []string{"color VARCHAR"}) || len(diff.Different) != 1 {
		t.Errorf("%v", err)
	}
	if n := srv.Stats().Executed; n != executed {
		t.Errorf("%d statements changed the table", n-executed)
	}
	must(t, m.DropTable(&Item{}))
	must(t, m.DropTable(&Item{}))
	if m.HasTable(&Item{}) {
		t.Error("the table is not dropped")
	}
}

// Each field of a model survives a round trip through a created table.
func TestTypes(t *testing.T) {
	type Every struct {
		ID  int64 `gorm:"primaryKey;autoIncrement:false"`
		I16 int16
		I32 int32
		I64 int64
		U32 uint32
		F32 float32
		F64 float64
		B   bool
		S   string
		D   []byte
		T   time.Time
		N   sql.NullString
		P   *int64
		Dec e6data.Decimal `gorm:"type:DECIMAL(20,4)"`
	}
	db, _ := open(t, emulator.Config{})
	must(t, db.AutoMigrate(&Every{}))
	dec, err := e6data.ParseDecimal("-1234567890123456.7891")
	must(t, err)
	zero, err := e6data.ParseDecimal("0.0000")
	must(t, err)
	want := []Every{
		{ID: 1, I16: -1 << 15, I32: -1 << 31, I64: -1 << 63, U32: 1<<32 - 1, F32: 0.1, F64: 0.1, B: true, S: "it's \\ \n \"", D: []byte{0, 1, 0xff}, T: born,
			N: sql.NullString{String: "", Valid: true}, P: pointer[int64](0), Dec: dec},
		{ID: 2, D: []byte{}, T: time.Unix(0, 0).UTC(), Dec: zero},
	}
	must(t, db.Create(&want).Error)
	var got []Every
	must(t, db.Order("id").Find(&got).Error)
	for i := range got {
		got[i].T = got[i].T.UTC()
		if len(got[i].D) == 0 {
			got[i].D = []byte{}
		}
		if got[i].Dec.String() != want[i].Dec.String() {
			t.Errorf("row %d: %v, want %v", i, got[i].Dec, want[i].Dec)
		}
		got[i].Dec = want[i].Dec
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v,\nwant %+v", got, want)
	}
}

// ToSQL writes arguments as the driver does: the engine reads each hostile string
// of ToSQL as one literal.
func TestToSQL(t *testing.T) {
	db, srv := openScripted(t)
	srv.HandleFunc(enginetest.EchoLiterals)
	for _, s := range hostile.Texts() {
		text := db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Model(&Pet{}).Where("name = ? AND id = ?", s, 7).Find(&[]Pet{}) })
		literals, err := enginetest.Literals(text)
		if !strings.HasPrefix(text, "SELECT") {
			if _, refused := e6data.Literal(s); refused == nil {
				t.Errorf("%q: %s", s, text)
			}
			continue
		}
		if err != nil || len(literals) != 2 || literals[0].Value != s {
			t.Errorf("%q: %s is read as %q, %v", s, text, literals, err)
		}
		var got []struct{ Kind, Value string }
		must(t, db.Raw("SELECT ?, 7", s).Scan(&got).Error)
		if len(got) != 2 || got[0].Value != s {
			t.Errorf("%q was sent as %+v", s, got)
		}
	}
	// Names are quoted, too.
	text := db.ToSQL(func(tx *gorm.DB) *gorm.DB {
		return tx.Where(clause.Eq{Column: `pets.od"d na.me`, Value: 1}).Find(&[]Pet{})
	})
	if !strings.HasSuffix(text, `WHERE "pets"."od""d na"."me" = 1`) {
		t.Errorf("%s", text)
	}
}
