package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/enginetest"
)

// lake is a catalog to browse.
var lake = enginetest.Catalog{Name: "lake", Default: true, Schemas: []enginetest.Schema{
	{Name: "db", Tables: []enginetest.Table{{Name: "items", Columns: []enginetest.Column{{Name: "id", Type: "LONG"}, {Name: "price", Type: "DECIMAL(10,2)"}}}}},
	{Name: "sales", Tables: []enginetest.Table{{Name: "orders"}}},
}}

func TestMetadata(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.SetCatalogs(lake, enginetest.Catalog{Name: "other"})
	srv.Handle("DROP TABLE items", enginetest.NewResult())
	s := open(t, srv, "catalog=lake")
	m := s.Metadata()
	for range 2 { // the second time without a call
		catalogs, err := m.Catalogs(t.Context())
		schemas, err2 := m.Schemas(t.Context(), "")
		tables, err3 := m.Tables(t.Context(), "", "")
		columns, err4 := m.Columns(t.Context(), "lake", "db", "items")
		if err := errors.Join(err, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(catalogs, schemas, tables, columns); got != "[{lake true} {other false}] [db sales] [items] [{id LONG} {price DECIMAL(10,2)}]" {
			t.Errorf("%s", got)
		}
	}
	if got := srv.Count("getTables"); got != 1 {
		t.Errorf("the tables were listed %d times", got)
	}
	s.Use("", "sales")
	if tables, err := m.Tables(t.Context(), "", ""); err != nil || fmt.Sprint(tables) != "[orders]" {
		t.Errorf("%v, %v", tables, err)
	}
	if _, ok := m.KnownTables("lake", "db"); !ok {
		t.Error("a list that was asked for is not known")
	}
	if _, err := s.Run(t.Context(), "DROP TABLE items", nil, session.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.KnownTables("lake", "db"); ok {
		t.Error("a list is known after a statement that may have changed it")
	}
}

// Lists that were asked for in the background are known later, and somebody who waits
// joins the call that is under way.
func TestMetadataInTheBackground(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.SetCatalogs(lake)
	s := open(t, srv, "catalog=lake")
	fault := srv.Inject(enginetest.Fault{Method: "getTables", Hang: true})
	m := s.Metadata()
	m.Prefetch()
	<-fault.Struck()
	if _, ok := m.KnownTables("lake", "db"); ok {
		t.Error("a list is known before the engine has answered")
	}
	fault.Release()
	if tables, err := m.Tables(t.Context(), "", ""); err != nil || len(tables) != 1 {
		t.Errorf("%v, %v", tables, err)
	}
	if tables, ok := m.KnownTables("lake", "db"); !ok || len(tables) != 1 {
		t.Errorf("%v, %v", tables, ok)
	}
	if got := srv.Count("getTables"); got != 1 {
		t.Errorf("the tables were listed %d times", got)
	}
}

// Close ends a call in the background, and the lists fail afterwards.
func TestMetadataEnds(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.SetCatalogs(lake)
	s := open(t, srv, "catalog=lake")
	fault := srv.Inject(enginetest.Fault{Method: "getCataloges", Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-fault.Struck()
		cancel()
	}()
	if _, err := s.Metadata().Catalogs(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := s.Metadata().Catalogs(t.Context()); err == nil {
		t.Error("a closed session lists catalogs")
	}
}

// An error is not kept for those who wait.
func TestMetadataErrors(t *testing.T) {
	t.Parallel()
	srv := cmdtest.Engine(t, enginetest.Config{})
	srv.SetCatalogs(lake)
	s := open(t, srv, "catalog=lake")
	srv.Inject(enginetest.Fault{Method: "getCataloges", Times: 1, Err: errors.New("no")})
	if _, err := s.Metadata().Catalogs(t.Context()); err == nil {
		t.Error("no error")
	}
	if _, ok := s.Metadata().KnownCatalogs(); ok {
		t.Error("an error is a known list")
	}
	if list, err := s.Metadata().Catalogs(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}
