// Package arrowe6data reads the results of e6data queries as Apache Arrow records.
//
//	r, err := arrowe6data.Query(ctx, db, "SELECT id, price FROM items WHERE id > ?", 100)
//	if err != nil {
//		return err
//	}
//	defer r.Release()
//	for r.Next() {
//		use(r.RecordBatch())
//	}
//	return r.Err()
//
// The values are copied once, from the bytes of the engine's chunks into the memory of
// the records.
//
// # Types
//
//	e6data                      Arrow
//	BOOLEAN                     bool
//	INTEGER, SHORT, BYTE        int32
//	LONG                        int64
//	FLOAT                       float32
//	DOUBLE                      float64
//	DECIMAL(p,s)                decimal128(p, s)
//	STRING, CHAR, VARCHAR       utf8, or dictionary<int32, utf8> (WithDictionary)
//	ARRAY, MAP, STRUCT          utf8, marked as arrow.json in the field's metadata
//	BINARY                      binary
//	DATE                        date32
//	DATETIME, TIMESTAMP         timestamp[us]
//	TIMESTAMP_TZ                timestamp[us, UTC], or with the zone of the result's metadata
//	INT96                       timestamp[us], or timestamp[ns] (WithInt96)
//	NULL                        null
//
// All values are exact; one that does not fit its type is a [ColumnError]. A DECIMAL of
// another scale in a batch is accepted if it fits without rounding. The rows of a
// TIMESTAMP_TZ column may have different zones. The points in time are right whatever the
// zone; [WithZones] adds the zones as a column. [e6data.Config.Loc] has no effect, because
// Arrow has times without a zone.
package arrowe6data
