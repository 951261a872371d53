// Package enginetest is an e6data engine inside the test's own process: a gRPC
// server on loopback that plays scripted results, checks what a real engine and
// its proxy check, injects faults, and keeps books on every query, so that a
// test can assert that nothing leaked.
//
//	srv := enginetest.Start(t, enginetest.Config{}) // the test fails if something leaks
//	srv.HandleArgs("SELECT id, price FROM items WHERE price < ?", enginetest.NewResult().
//		Column("id", "LONG").
//		Column("price", "DECIMAL(10,2)").
//		Row(1, "12.30").
//		Row(2, nil))
//	db, err := sql.Open("e6data", srv.DSN())
//	...
//
// Outside of tests [NewServer] starts a server, and [Server.WaitBalanced] tells what
// leaked.
//
// A [Result] may take its rows from Go values, structs, CSV or JSON text, functions, or
// bytes as they travel on the wire.
//
// Statements and catalogs of another engine come through a [Backend]: the faults, colours,
// sessions and books are the same.
//
// # What a call goes through
//
// In this order: it is recorded ([Server.Calls]); the proxy's checks answer 456
// for a colour that is not live ([Server.SetLive]), an error for a wrong cluster
// name, 503 while the cluster is suspended ([Server.SetCluster]); a second result
// call of a query is refused; faults that strike before the engine
// ([Server.Inject]); the bearer token; the handler; faults that lose the answer;
// and last the response gets its new_strategy ([Server.Announce]) and, with
// [Config.RotateSessions], a fresh session.
//
// # What it refuses
//
// An unknown session, or one of the other colour; a statement that ends in a
// semicolon; a plannerip header or engineIP that is not the query's; calls about
// a query out of order: a second execute, metadata or batches before it or
// after clear, a second result call of a query while one is in flight, V1 and V2 of
// prepare and execute mixed up. What no correct driver does is a violation besides,
// listed in [Stats] and reported by [Server.Balanced]. Calls that watch a query which
// has ended, or read one that was cancelled, are refused without that: somebody else
// may have ended it. So are the calls of a second reader, that is after another call
// for the metadata: an application has made two.
//
// What the vendor's clients do succeeds: a call without a strategy header while one
// colour is live, a batch after the end, which is empty, and a second clear. [Stats]
// counts the latter two, and [Server.Balanced] reports them unless [Config.Compat] is set.
//
// A client that pings too often is refused only where [Config.Pings] says so.
//
// # Proxies
//
// What the proxy of a deployment answers reaches a client as a gRPC status, as
// here, or as a bare HTTP status and in stranger shapes still. For those there is
// [Proxy], a real HTTP/2 proxy to put in front of the server.
//
// # Concurrency
//
// Every method of [Server], [Injected], [Proxy] and [ProxyInjected] may be called at any time from any
// goroutine. A [Result] is built by one goroutine; the server takes a copy of it.
package enginetest
