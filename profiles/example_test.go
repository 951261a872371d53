package profiles_test

import (
	"context"
	"database/sql"
	"log"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/profiles"
)

// A command-line tool takes the name of a connection.
func ExampleLoad() {
	cfg, err := profiles.Load(context.Background(), "prod")
	if err != nil {
		log.Fatal(err)
	}
	c, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
}
