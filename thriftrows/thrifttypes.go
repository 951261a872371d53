package thriftrows

// The type bytes of Thrift's binary protocol. They are defined here so that a
// program does not need the Thrift library. TestThriftTypes compares them with the
// library.
const (
	thriftStop   = 0
	thriftBool   = 2
	thriftByte   = 3
	thriftDouble = 4
	thriftI16    = 6
	thriftI32    = 8
	thriftI64    = 10
	thriftString = 11
	thriftStruct = 12
	thriftMap    = 13
	thriftSet    = 14
	thriftList   = 15
	thriftUUID   = 16
)
