package adbce6data

import (
	"context"
	"runtime/debug"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

const (
	vendorName = "e6data"
	driverName = "ADBC e6data Driver - Go"
	modulePath = "github.com/e6data/e6data-go/adbce6data"
)

// driverVersion returns the version of this module in the program.
func driverVersion() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == modulePath && m.Version != "" {
				return m.Version
			}
		}
	}
	return "(devel)"
}

// information returns the value of an information code. It returns false for a code
// for which there is none: the engine does not report its version.
func information(code adbc.InfoCode) (any, bool) {
	switch code {
	case adbc.InfoVendorName:
		return vendorName, true
	case adbc.InfoVendorSql:
		return true, true
	case adbc.InfoVendorSubstrait:
		return false, true
	case adbc.InfoDriverName:
		return driverName, true
	case adbc.InfoDriverVersion:
		return driverVersion(), true
	case adbc.InfoDriverArrowVersion:
		return arrow.PkgVersion, true
	case adbc.InfoDriverADBCVersion:
		return adbc.AdbcVersion1_1_0, true
	}
	return nil, false
}

var allInfoCodes = []adbc.InfoCode{
	adbc.InfoVendorName, adbc.InfoVendorSql, adbc.InfoVendorSubstrait,
	adbc.InfoDriverName, adbc.InfoDriverVersion, adbc.InfoDriverArrowVersion, adbc.InfoDriverADBCVersion,
}

// GetInfo returns the information that codes ask for, or all if there are no codes.
// Codes without information have no row.
func (c *connection) GetInfo(_ context.Context, codes []adbc.InfoCode) (array.RecordReader, error) {
	if _, err := c.at(); err != nil {
		return nil, err
	}
	if len(codes) == 0 {
		codes = allInfoCodes
	}
	b := array.NewRecordBuilder(c.database.alloc, adbc.GetInfoSchema)
	defer b.Release()
	names, values := b.Field(0).(*array.Uint32Builder), b.Field(1).(*array.DenseUnionBuilder)
	for _, code := range codes {
		value, ok := information(code)
		if !ok {
			continue
		}
		names.Append(uint32(code))
		switch value := value.(type) {
		case string:
			values.Append(adbc.InfoValueStringType)
			values.Child(int(adbc.InfoValueStringType)).(*array.StringBuilder).Append(value)
		case bool:
			values.Append(adbc.InfoValueBooleanType)
			values.Child(int(adbc.InfoValueBooleanType)).(*array.BooleanBuilder).Append(value)
		case int64:
			values.Append(adbc.InfoValueInt64Type)
			values.Child(int(adbc.InfoValueInt64Type)).(*array.Int64Builder).Append(value)
		}
	}
	return oneRecord(b)
}
