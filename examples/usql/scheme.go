// Package usql is how e6data becomes a database of usql, the universal command line
// client, and of all that takes the URLs of github.com/xo/dburl.
package usql

import "github.com/xo/dburl"

// Scheme is dburl's entry for e6data. Until dburl has it, a program adds it:
//
//	dburl.Register(usql.Scheme)
//	db, err := dburl.Open("e6://me%40example.com:token@host:443/sales?catalog=lake&secure=true")
//
// The driver reads a URL of the form that dburl has, so that its scheme is all that is
// rewritten. It has no default host, and the driver knows the default ports.
var Scheme = dburl.Scheme{
	Name:       "e6data",
	Generator:  dburl.GenSchemeHost("e6data"),
	Aliases:    []string{"e6"},
	Desc:       "e6data",
	Home:       "https://www.e6data.com",
	GoPackage:  "github.com/e6data/e6data-go",
	DriverURL:  "https://github.com/e6data/e6data-go",
	Deployment: dburl.DeploymentHosted,
	Dialect:    "e6data",
}
