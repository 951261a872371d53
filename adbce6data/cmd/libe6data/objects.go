package main

// #include "abi.h"
import "C"

import (
	"context"
	"sync"
	"unsafe"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow/cdata"
)

// canceller has the context of an object's latest call.
type canceller struct {
	mu     sync.Mutex
	cancel context.CancelFunc
}

// begin returns the context of a call. It ends with stop, and with the next begin.
func (c *canceller) begin() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
	c.cancel = cancel
	return ctx
}

// stop ends the context of the latest call. It may be called concurrently.
func (c *canceller) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
}

// settings are the options of an object. Those that are set before the object is
// initialised are kept in given.
type settings struct {
	given  map[string]string
	object adbc.GetSetOptions // nil before the object is initialised
}

func (s *settings) options() *settings { return s }

func (s *settings) set(key, value string) error {
	if s.object != nil {
		return s.object.SetOption(key, value)
	}
	s.given[key] = value
	return nil
}

// reader returns the options to read.
func (s *settings) reader() (adbc.GetSetOptions, error) {
	if s.object == nil {
		return nil, invalidState("the object is not initialised")
	}
	return s.object, nil
}

type database struct {
	settings
	canceller
	db adbc.Database
}

type connection struct {
	settings
	canceller
	conn adbc.Connection
}

type statement struct {
	settings
	canceller
	stmt adbc.Statement
}

func (d *database) release() error {
	if d.db == nil {
		return nil
	}
	return d.db.Close()
}

func (c *connection) release() error {
	c.stop()
	if c.conn == nil {
		return nil
	}
	return c.conn.Close()
}

func (s *statement) release() error {
	_ = s.stmt.Close() // it may be closed with its connection
	s.stop()
	return nil
}

//export e6_database_new
func e6_database_new(out *C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return guard(e, func() error {
		return newHandle(out, &database{settings: settings{given: map[string]string{}}})
	})
}

//export e6_database_init
func e6_database_init(handle C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return guard(e, func() error {
		d, err := object[*database](handle)
		if err != nil {
			return err
		}
		if d.db != nil {
			return invalidState("the database is initialised already")
		}
		db, err := driver.NewDatabase(d.given)
		if err != nil {
			return err
		}
		d.db, d.object = db, db.(adbc.GetSetOptions)
		return nil
	})
}

//export e6_connection_new
func e6_connection_new(out *C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return guard(e, func() error {
		return newHandle(out, &connection{settings: settings{given: map[string]string{}}})
	})
}

//export e6_connection_init
func e6_connection_init(handle, databaseHandle C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return guard(e, func() error {
		c, err := object[*connection](handle)
		if err != nil {
			return err
		}
		d, err := object[*database](databaseHandle)
		if err != nil {
			return err
		}
		switch {
		case d.db == nil:
			return invalidState("the database is not initialised")
		case c.conn != nil:
			return invalidState("the connection is initialised already")
		}
		conn, err := d.db.Open(c.begin())
		if err != nil {
			return err
		}
		options := conn.(adbc.GetSetOptions)
		for key, value := range c.given {
			if err := options.SetOption(key, value); err != nil {
				_ = conn.Close()
				return err
			}
		}
		c.conn, c.object = conn, options
		return nil
	})
}

// onConnection calls f with the connection of a handle.
func onConnection(handle C.uintptr_t, e *C.struct_AdbcError, f func(c *connection) error) C.AdbcStatusCode {
	return guard(e, func() error {
		c, err := object[*connection](handle)
		if err != nil {
			return err
		}
		if c.conn == nil {
			return invalidState("the connection is not initialised")
		}
		return f(c)
	})
}

//export e6_connection_commit
func e6_connection_commit(handle C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onConnection(handle, e, func(c *connection) error { return c.conn.Commit(c.begin()) })
}

//export e6_connection_rollback
func e6_connection_rollback(handle C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onConnection(handle, e, func(c *connection) error { return c.conn.Rollback(c.begin()) })
}

//export e6_connection_get_info
func e6_connection_get_info(handle C.uintptr_t, codes *C.e6_codes, n C.size_t, out *C.struct_ArrowArrayStream, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onConnection(handle, e, func(c *connection) error {
		var list []adbc.InfoCode
		if codes != nil {
			for _, code := range unsafe.Slice((*uint32)(unsafe.Pointer(codes)), n) {
				list = append(list, adbc.InfoCode(code))
			}
		}
		reader, err := c.conn.GetInfo(c.begin(), list)
		return exportReader(reader, err, out)
	})
}

//export e6_connection_get_objects
func e6_connection_get_objects(handle C.uintptr_t, depth C.int, catalog, schema, table *C.e6_text, types *C.e6_text_list, column *C.e6_text, out *C.struct_ArrowArrayStream, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onConnection(handle, e, func(c *connection) error {
		reader, err := c.conn.GetObjects(c.begin(), adbc.ObjectDepth(depth), optional(catalog), optional(schema), optional(table), optional(column), texts(types))
		return exportReader(reader, err, out)
	})
}

// texts copies a list of texts that ends with NULL.
func texts(list *C.e6_text_list) []string {
	if list == nil {
		return nil
	}
	var out []string
	for ; *list != nil; list = (*C.e6_text_list)(unsafe.Add(unsafe.Pointer(list), unsafe.Sizeof(*list))) {
		out = append(out, text(*list))
	}
	return out
}

//export e6_connection_get_table_schema
func e6_connection_get_table_schema(handle C.uintptr_t, catalog, schema, table *C.e6_text, out *C.struct_ArrowSchema, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onConnection(handle, e, func(c *connection) error {
		found, err := c.conn.GetTableSchema(c.begin(), optional(catalog), optional(schema), text(table))
		return exportSchema(found, err, out)
	})
}

//export e6_connection_get_table_types
func e6_connection_get_table_types(handle C.uintptr_t, out *C.struct_ArrowArrayStream, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onConnection(handle, e, func(c *connection) error {
		reader, err := c.conn.GetTableTypes(c.begin())
		return exportReader(reader, err, out)
	})
}

//export e6_statement_new
func e6_statement_new(connectionHandle C.uintptr_t, out *C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onConnection(connectionHandle, e, func(c *connection) error {
		stmt, err := c.conn.NewStatement()
		if err != nil {
			return err
		}
		return newHandle(out, &statement{stmt: stmt, settings: settings{object: stmt.(adbc.GetSetOptions)}})
	})
}

// onStatement calls f with the statement of a handle.
func onStatement(handle C.uintptr_t, e *C.struct_AdbcError, f func(s *statement) error) C.AdbcStatusCode {
	return guard(e, func() error {
		s, err := object[*statement](handle)
		if err != nil {
			return err
		}
		return f(s)
	})
}

//export e6_statement_set_sql_query
func e6_statement_set_sql_query(handle C.uintptr_t, query *C.e6_text, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onStatement(handle, e, func(s *statement) error { return s.stmt.SetSqlQuery(text(query)) })
}

//export e6_statement_prepare
func e6_statement_prepare(handle C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onStatement(handle, e, func(s *statement) error { return s.stmt.Prepare(context.Background()) })
}

//export e6_statement_bind
func e6_statement_bind(handle C.uintptr_t, values *C.struct_ArrowArray, schema *C.struct_ArrowSchema, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onStatement(handle, e, func(s *statement) error {
		if values == nil || schema == nil {
			return invalidState("there are no values to bind, or no schema")
		}
		record, err := cdata.ImportCRecordBatch((*cdata.CArrowArray)(unsafe.Pointer(values)), (*cdata.CArrowSchema)(unsafe.Pointer(schema)))
		if err != nil {
			return err
		}
		defer record.Release()
		return s.stmt.Bind(context.Background(), record)
	})
}

//export e6_statement_bind_stream
func e6_statement_bind_stream(handle C.uintptr_t, stream *C.struct_ArrowArrayStream, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onStatement(handle, e, func(s *statement) error {
		if stream == nil {
			return invalidState("there is no stream to bind")
		}
		reader, err := importReader(stream)
		if err != nil {
			return err
		}
		defer reader.Release()
		return s.stmt.BindStream(context.Background(), reader)
	})
}

//export e6_statement_execute_query
func e6_statement_execute_query(handle C.uintptr_t, out *C.struct_ArrowArrayStream, rows *C.int64_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onStatement(handle, e, func(s *statement) error {
		n, err := s.execute(out)
		if rows != nil {
			*rows = C.int64_t(n)
		}
		return err
	})
}

// execute executes the statement. Without out, the result is read to its end here.
func (s *statement) execute(out *C.struct_ArrowArrayStream) (rows int64, err error) {
	if out == nil {
		return s.stmt.ExecuteUpdate(s.begin())
	}
	reader, rows, err := s.stmt.ExecuteQuery(s.begin())
	return rows, exportReader(reader, err, out)
}

//export e6_statement_execute_schema
func e6_statement_execute_schema(handle C.uintptr_t, out *C.struct_ArrowSchema, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onStatement(handle, e, func(s *statement) error {
		schema, err := s.stmt.(adbc.StatementExecuteSchema).ExecuteSchema(s.begin())
		return exportSchema(schema, err, out)
	})
}

//export e6_statement_get_parameter_schema
func e6_statement_get_parameter_schema(handle C.uintptr_t, out *C.struct_ArrowSchema, e *C.struct_AdbcError) C.AdbcStatusCode {
	return onStatement(handle, e, func(s *statement) error {
		schema, err := s.stmt.GetParameterSchema()
		return exportSchema(schema, err, out)
	})
}
