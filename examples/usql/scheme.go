// Package usql adds e6data to usql, the universal command line client, and to other
// programs that use the URLs of github.com/xo/dburl.
package usql

import "github.com/xo/dburl"

// Scheme is dburl's entry for e6data. A program adds it as long as dburl does
// not have it:
//
//	dburl.Register(usql.Scheme)
//	db, err := dburl.Open("e6://me%40example.com:token@host:443/sales?catalog=lake&secure=true")
//
// The driver accepts URLs in dburl's form, so only the scheme is rewritten. There is
// no default host. The driver has the default ports.
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
