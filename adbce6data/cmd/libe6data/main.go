// Command libe6data is the driver as a shared library with ADBC's C interface, for
// ADBC's driver managers and thereby for Python, R, C, C++, Rust and others. Build it
// with
//
//	go build -buildmode=c-shared -o libadbc_driver_e6data.so ./cmd/libe6data
//
// A driver manager finds its entry point, AdbcDriverInit or AdbcDriverE6dataInit, by
// itself.
//
// # Safety
//
// C has integer handles of Go's objects, and Go has no pointer to the structures of C
// except during a call. Arrow data is in memory of malloc. A panic becomes an error with
// the status Internal; its stack is a detail of that error. A handle that was released is
// an error. As ADBC demands, one thread at a time may use an object; only Cancel may be
// called from any thread.
package main

// #include "abi.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"runtime/debug"
	"unsafe"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"

	"github.com/e6data/e6data-go/adbce6data"
)

func main() {}

// alloc allocates the memory of Arrow data with malloc: C must not have pointers to
// memory of Go.
var alloc = mallocator.NewMallocator()

var driver = adbce6data.NewDriver(alloc)

// detailStack is the key of the error detail with the stack of a panic.
const detailStack = "e6data.go_stack"

// guard calls f, describes an error or a panic in e, and returns the status.
func guard(e *C.struct_AdbcError, f func() error) (code C.AdbcStatusCode) {
	defer func() {
		if p := recover(); p != nil {
			code = fail(e, panicked(p))
		}
	}()
	if err := f(); err != nil {
		return fail(e, err)
	}
	return C.ADBC_OK
}

// panicked returns the error for a panic. It shows the value of a runtime error only,
// because another value may hold data.
func panicked(p any) error {
	text := fmt.Sprintf("%T", p)
	if err, ok := p.(interface {
		error
		RuntimeError()
	}); ok {
		text = err.Error()
	}
	return adbc.Error{
		Code:    adbc.StatusInternal,
		Msg:     "adbce6data: the driver panicked, which is a bug of it: " + text,
		Details: []adbc.ErrorDetail{&adbc.TextErrorDetail{Name: detailStack, Detail: string(debug.Stack())}},
	}
}

// fail describes err in e, which may be nil, and returns the status.
func fail(e *C.struct_AdbcError, err error) C.AdbcStatusCode {
	status, ok := errors.AsType[adbc.Error](err)
	if !ok {
		status = adbc.Error{Code: adbc.StatusUnknown, Msg: err.Error()}
	}
	if e == nil {
		return C.AdbcStatusCode(status.Code)
	}
	state := status.SqlState
	C.e6_error_set(e, textOf(status.Msg), C.size_t(len(status.Msg)), C.int32_t(status.VendorCode),
		(*C.e6_text)(unsafe.Pointer(&state[0])), C.int(len(status.Details)))
	for _, detail := range status.Details {
		key, value := detail.Key(), []byte(nil)
		if value, err = detail.Serialize(); err != nil {
			continue
		}
		C.e6_error_detail(e, textOf(key), C.size_t(len(key)), (*C.e6_bytes)(unsafe.Pointer(unsafe.SliceData(value))), C.size_t(len(value)))
	}
	return C.AdbcStatusCode(status.Code)
}

// textOf returns a pointer to the bytes of s, for a function that copies them.
func textOf(s string) *C.e6_text { return (*C.e6_text)(unsafe.Pointer(unsafe.StringData(s))) }

// text copies a text of C. NULL is "".
func text(s *C.e6_text) string { return C.GoString((*C.char)(unsafe.Pointer(s))) }

// optional copies a text of C. NULL is nil.
func optional(s *C.e6_text) *string {
	if s == nil {
		return nil
	}
	copied := text(s)
	return &copied
}

func invalidState(msg string) error {
	return adbc.Error{Code: adbc.StatusInvalidState, Msg: "adbce6data: " + msg, SqlState: [5]byte{'H', 'Y', '0', '1', '0'}}
}

// object returns the object of a handle.
func object[T any](handle C.uintptr_t) (T, error) { return objectAt[T](uintptr(handle)) }

// objectAt is object without a type of C, for tests.
func objectAt[T any](handle uintptr) (o T, err error) {
	if handle == 0 {
		return o, invalidState("the object was not created, or is released")
	}
	defer func() {
		if recover() != nil { // of Value, for a handle that was deleted
			err = invalidState("the object is released")
		}
	}()
	o, ok := cgo.Handle(handle).Value().(T)
	if !ok {
		return o, invalidState("the object is of another kind")
	}
	return o, nil
}

// newHandle stores the handle of an object in out.
func newHandle(out *C.uintptr_t, o any) error {
	if out == nil {
		return invalidState("the pointer to the new object is NULL")
	}
	*out = C.uintptr_t(cgo.NewHandle(o))
	return nil
}

//export e6_release
func e6_release(handle C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return guard(e, func() error {
		o, err := object[interface{ release() error }](handle)
		if err != nil {
			return err
		}
		cgo.Handle(handle).Delete()
		return o.release()
	})
}

//export e6_cancel
func e6_cancel(handle C.uintptr_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return guard(e, func() error {
		o, err := object[interface{ stop() }](handle)
		if err == nil {
			o.stop()
		}
		return err
	})
}

//export e6_not_implemented
func e6_not_implemented(what *C.e6_text, e *C.struct_AdbcError) C.AdbcStatusCode {
	return fail(e, adbc.Error{
		Code: adbc.StatusNotImplemented, Msg: "adbce6data: not implemented: " + text(what), SqlState: [5]byte{'0', 'A', '0', '0', '0'},
	})
}

//export e6_invalid_state
func e6_invalid_state(what *C.e6_text, e *C.struct_AdbcError) C.AdbcStatusCode {
	return fail(e, invalidState(text(what)))
}
