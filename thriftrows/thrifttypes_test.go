package thriftrows

import (
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

func TestThriftTypes(t *testing.T) {
	for own, library := range map[int]int{
		thriftStop: thrift.STOP, thriftBool: thrift.BOOL, thriftByte: thrift.BYTE, thriftDouble: thrift.DOUBLE,
		thriftI16: thrift.I16, thriftI32: thrift.I32, thriftI64: thrift.I64, thriftString: thrift.STRING,
		thriftStruct: thrift.STRUCT, thriftMap: thrift.MAP, thriftSet: thrift.SET, thriftList: thrift.LIST, thriftUUID: thrift.UUID,
	} {
		if own != library {
			t.Errorf("type %d is %d in the library", own, library)
		}
	}
}
