package main

// #include <errno.h>
// #include <stdlib.h>
// #include <string.h>
// #include "abi.h"
import "C"

import (
	"runtime/cgo"
	"unsafe"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/cdata"
)

// stream is a result that C reads through an ArrowArrayStream.
type stream struct {
	reader array.RecordReader
	// failure is the error of the latest call that failed, in memory of C, or nil.
	failure *C.struct_AdbcError
	status  C.AdbcStatusCode
}

// exportReader gives a reader to C, unless err is the error in its place.
func exportReader(reader array.RecordReader, err error, out *C.struct_ArrowArrayStream) error {
	if err != nil {
		return err
	}
	if out == nil {
		reader.Release()
		return invalidState("the pointer to the stream is NULL")
	}
	C.e6_stream_fill(out, C.uintptr_t(cgo.NewHandle(&stream{reader: reader})))
	return nil
}

// exportSchema gives a schema to C, unless err is the error in its place.
func exportSchema(schema *arrow.Schema, err error, out *C.struct_ArrowSchema) error {
	if err != nil {
		return err
	}
	if out == nil {
		return invalidState("the pointer to the schema is NULL")
	}
	C.memset(unsafe.Pointer(out), 0, C.sizeof_struct_ArrowSchema)
	cdata.ExportArrowSchema(schema, (*cdata.CArrowSchema)(unsafe.Pointer(out)))
	return nil
}

// importReader takes a stream of C. Releasing the reader releases the stream.
func importReader(in *C.struct_ArrowArrayStream) (array.RecordReader, error) {
	reader, err := cdata.ImportCRecordReader((*cdata.CArrowArrayStream)(unsafe.Pointer(in)), nil)
	if err != nil {
		return nil, adbc.Error{Code: adbc.StatusInvalidArgument, Msg: "adbce6data: the stream to bind: " + err.Error()}
	}
	return reader.(array.RecordReader), nil
}

// onStream calls f with the stream of a handle, and returns 0 or a number of errno.
func onStream(handle C.uintptr_t, f func(*stream) error) C.int {
	s, err := object[*stream](handle)
	if err != nil {
		return C.EINVAL
	}
	if s.failure == nil {
		s.failure = (*C.struct_AdbcError)(C.calloc(1, C.sizeof_struct_AdbcError))
		if s.failure == nil {
			return C.ENOMEM
		}
		s.failure.vendor_code = C.ADBC_HAS_DETAILS
	}
	s.status = guard(s.failure, func() error { return f(s) })
	return errno(adbc.Status(s.status))
}

// errno returns the number of errno for a status.
func errno(status adbc.Status) C.int {
	switch status {
	case adbc.StatusOK:
		return 0
	case adbc.StatusCancelled:
		return C.ECANCELED
	case adbc.StatusTimeout:
		return C.ETIMEDOUT
	case adbc.StatusInvalidArgument, adbc.StatusInvalidState:
		return C.EINVAL
	case adbc.StatusNotImplemented:
		return C.ENOTSUP
	case adbc.StatusUnauthenticated, adbc.StatusUnauthorized:
		return C.EACCES
	case adbc.StatusNotFound:
		return C.ENOENT
	}
	return C.EIO
}

//export e6_stream_get_schema
func e6_stream_get_schema(handle C.uintptr_t, out *C.struct_ArrowSchema) C.int {
	return onStream(handle, func(s *stream) error {
		return exportSchema(s.reader.Schema(), nil, out)
	})
}

//export e6_stream_get_next
func e6_stream_get_next(handle C.uintptr_t, out *C.struct_ArrowArray) C.int {
	return onStream(handle, func(s *stream) error {
		if !s.reader.Next() {
			return s.reader.Err()
		}
		cdata.ExportArrowRecordBatch(s.reader.RecordBatch(), (*cdata.CArrowArray)(unsafe.Pointer(out)), nil)
		return nil
	})
}

// e6_stream_error returns the error of the latest call, or nil if it had none.
//
//export e6_stream_error
func e6_stream_error(handle C.uintptr_t, status *C.AdbcStatusCode) *C.struct_AdbcError {
	s, err := object[*stream](handle)
	if err != nil || s.status == C.ADBC_OK {
		return nil
	}
	if status != nil {
		*status = s.status
	}
	return s.failure
}

//export e6_stream_release
func e6_stream_release(handle C.uintptr_t) {
	_ = guard(nil, func() error {
		s, err := object[*stream](handle)
		if err != nil {
			return err
		}
		cgo.Handle(handle).Delete()
		C.e6_error_release(s.failure)
		C.free(unsafe.Pointer(s.failure))
		s.reader.Release()
		return nil
	})
}
