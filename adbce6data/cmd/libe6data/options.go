package main

// #include "abi.h"
import "C"

import (
	"strconv"
	"unsafe"

	"github.com/apache/arrow-adbc/go/adbc"
)

// set sets an option of the object of a handle.
func set(handle C.uintptr_t, key *C.e6_text, value string, e *C.struct_AdbcError) C.AdbcStatusCode {
	return guard(e, func() error {
		o, err := object[interface{ options() *settings }](handle)
		if err != nil {
			return err
		}
		return o.options().set(text(key), value)
	})
}

// get calls f with the options of the object of a handle.
func get(handle C.uintptr_t, e *C.struct_AdbcError, f func(adbc.GetSetOptions) error) C.AdbcStatusCode {
	return guard(e, func() error {
		o, err := object[interface{ options() *settings }](handle)
		if err != nil {
			return err
		}
		options, err := o.options().reader()
		if err != nil {
			return err
		}
		return f(options)
	})
}

//export e6_set_option
func e6_set_option(handle C.uintptr_t, key, value *C.e6_text, e *C.struct_AdbcError) C.AdbcStatusCode {
	return set(handle, key, text(value), e)
}

//export e6_set_option_bytes
func e6_set_option_bytes(handle C.uintptr_t, key *C.e6_text, value *C.e6_bytes, n C.size_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return get(handle, e, func(o adbc.GetSetOptions) error {
		return o.SetOptionBytes(text(key), C.GoBytes(unsafe.Pointer(value), C.int(n)))
	})
}

//export e6_set_option_int
func e6_set_option_int(handle C.uintptr_t, key *C.e6_text, value C.int64_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return set(handle, key, strconv.FormatInt(int64(value), 10), e)
}

//export e6_set_option_double
func e6_set_option_double(handle C.uintptr_t, key *C.e6_text, value C.double, e *C.struct_AdbcError) C.AdbcStatusCode {
	return set(handle, key, strconv.FormatFloat(float64(value), 'g', -1, 64), e)
}

// e6_get_option copies the value to out if it fits in *n bytes, and stores the bytes that
// it needs in *n. With terminate, a NUL follows the value and is counted.
//
//export e6_get_option
func e6_get_option(handle C.uintptr_t, key *C.e6_text, out *C.uint8_t, n *C.size_t, terminate C.int, e *C.struct_AdbcError) C.AdbcStatusCode {
	return get(handle, e, func(o adbc.GetSetOptions) error {
		if n == nil {
			return invalidState("the pointer to the length is NULL")
		}
		value, err := o.GetOptionBytes(text(key))
		if err != nil {
			return err
		}
		if terminate != 0 {
			value = append(value, 0)
		}
		if out != nil && C.size_t(len(value)) <= *n {
			copy(unsafe.Slice((*byte)(unsafe.Pointer(out)), len(value)), value)
		}
		*n = C.size_t(len(value))
		return nil
	})
}

//export e6_get_option_int
func e6_get_option_int(handle C.uintptr_t, key *C.e6_text, out *C.int64_t, e *C.struct_AdbcError) C.AdbcStatusCode {
	return get(handle, e, func(o adbc.GetSetOptions) error {
		value, err := o.GetOptionInt(text(key))
		if err == nil && out != nil {
			*out = C.int64_t(value)
		}
		return err
	})
}

//export e6_get_option_double
func e6_get_option_double(handle C.uintptr_t, key *C.e6_text, out *C.double, e *C.struct_AdbcError) C.AdbcStatusCode {
	return get(handle, e, func(o adbc.GetSetOptions) error {
		value, err := o.GetOptionDouble(text(key))
		if err == nil && out != nil {
			*out = C.double(value)
		}
		return err
	})
}
