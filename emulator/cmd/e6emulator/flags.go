package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// options are the values of the command line.
type options struct {
	config   emulator.Config
	admin    string
	grace    time.Duration
	certFile string
	catalog  string
	pair     bool
	json     bool
	debug    bool

	adminAddr string // where the admin listens
}

// tables collects --table NAME=FILE.
type tables map[string]string

func (t tables) String() string { return fmt.Sprint(map[string]string(t)) }

func (t tables) Set(s string) error {
	name, file, ok := strings.Cut(s, "=")
	if !ok || name == "" || file == "" {
		return errors.New("want NAME=FILE, such as items=items.csv")
	}
	t[name] = file
	return nil
}

// parseFlags reads the command line.
func parseFlags(args []string, stderr io.Writer) (*options, error) {
	o := &options{config: emulator.Config{Tables: map[string]string{}}}
	c := &o.config
	f := flag.NewFlagSet("e6emulator", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&c.Engine.Listen, "listen", "127.0.0.1:0", "listen on this `address`; port 0 is a free one")
	f.StringVar(&c.Engine.User, "user", enginetest.DefaultUser, "accept this `user`")
	f.StringVar(&c.Engine.Token, "token", enginetest.DefaultToken, "accept this access `token`")
	f.StringVar(&c.Engine.Database, "schema", "db", "the default `schema`")
	f.StringVar(&c.Engine.ClusterName, "cluster", "", "serve as the cluster of this `name`; clients must send it")
	f.BoolVar(&o.pair, "pair", false, "serve a blue/green pair over one database; POST /switch switches")
	f.Func("live", "be the engine of this `colour` of a deployment: blue or green; blue otherwise", func(s string) error {
		if s != enginetest.Blue && s != enginetest.Green {
			return errors.New("want blue or green")
		}
		c.Engine.Live = []string{s}
		return nil
	})
	f.StringVar(&o.certFile, "tls", "", "speak TLS and write the certificate to trust to this `file`")
	f.StringVar(&c.File, "file", "", "keep the default catalog in this DuckDB `file`; in memory otherwise")
	f.BoolVar(&c.Demo, "demo", false, "add the catalog demo")
	f.Float64Var(&c.Scale, "scale", 0, "add the catalog tpch at this scale `factor`, such as 0.01")
	init := f.String("init", "", "run the DuckDB SQL in this `file` at the start")
	f.Var(tables(c.Tables), "table", "load a CSV or Parquet file: `NAME=FILE`; may be repeated")
	f.StringVar(&o.catalog, "catalog", "", "the `catalog` that the printed DSN names")
	f.StringVar(&c.Zone, "zone", "UTC", "the sessions' time `zone`")
	f.Uint64Var(&c.Shuffle, "seed", 0, "shuffle the rows of a SELECT without ORDER BY by this `seed`; 0 keeps the order")
	f.Func("oauth", "issue tokens to this client, and accept nothing else: `ID:SECRET`", func(s string) error {
		id, secret, ok := strings.Cut(s, ":")
		if !ok {
			return errors.New("want ID:SECRET")
		}
		c.OAuth = &emulator.OAuth{ClientID: id, ClientSecret: secret}
		return nil
	})
	f.IntVar(&c.Queue, "queue", 0, "execute at most `n` statements at once; 0: no limit")
	f.IntVar(&c.MemoryMB, "memory", 0, "use at most this many `MiB`; 0 is 1024")
	f.IntVar(&c.Threads, "threads", 0, "use `n` threads; 0 is 2")
	f.BoolVar(&c.JSON, "nested-json", false, "write arrays, maps and structs as JSON")
	f.BoolVar(&c.Cache, "cache", false, "keep results in a cache")
	f.BoolVar(&c.Native, "native", false, "use the native executor's functions")
	f.BoolVar(&c.RequireCatalog, "require-catalog", false, "refuse statements that name no catalog")
	f.BoolVar(&c.Raw, "raw", false, "accept DuckDB's SQL in place of e6data's dialect")
	f.StringVar(&o.admin, "admin", "", "listen for admin calls by HTTP on this loopback `address`")
	f.DurationVar(&o.grace, "grace", 5*time.Second, "wait this `long` for open queries at the end")
	f.BoolVar(&o.json, "json", false, "log JSON")
	f.BoolVar(&o.debug, "debug", false, "log statements")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if o.pair && len(c.Engine.Live) > 0 {
		return nil, errors.New("-pair serves both colours, and -live one of them")
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	c.Engine.TLS = o.certFile != ""
	if *init != "" {
		b, err := os.ReadFile(*init)
		if err != nil {
			return nil, err
		}
		c.Init = string(b)
	}
	return o, nil
}

// params are those of the printed DSN.
func (o *options) params() (out []string) {
	if o.catalog != "" {
		out = append(out, "catalog="+url.QueryEscape(o.catalog))
	}
	if o.certFile != "" {
		out = append(out, "ssl_cert="+url.QueryEscape(o.certFile))
	}
	return out
}
