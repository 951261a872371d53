// Package output writes results in the formats of the shell. [New] returns the
// [Writer] of a format, [NewChart] draws a chart, and [File] replaces a file
// atomically.
//
// A writer reads each column of a batch as a slice and does not box values. Every
// writer except those of the table and of the chart needs the same memory for a
// result of any length.
//
// # Text of values
//
// All formats write values in these forms:
//
//	BOOLEAN                 true, false
//	INTEGER, LONG           -12
//	FLOAT, DOUBLE           the shortest number that reads back as the same value:
//	                        0.1, 1e+21; NaN, Infinity, -Infinity
//	DECIMAL                 exact, with all digits of its scale: 12.30
//	DATE                    2024-01-31; years after 9999 have a plus sign: +11756-12-31
//	TIMESTAMP, DATETIME     2024-01-31 23:59:58.5, without zeros at the end of the fraction
//	TIMESTAMP_TZ            the local time in the row's zone, the offset, and the name of
//	                        a zone that has one: 2024-01-31 23:59:58Z,
//	                        2024-01-31 23:59:58+05:30,
//	                        2024-01-31 23:59:58+05:30[Asia/Kolkata]
//	BINARY                  hexadecimal digits: cafe
//	ARRAY, MAP, STRUCT      the engine's text
//
// # NULL
//
//   - csv: NULL is an empty field without quotes, and an empty text is "". A value that
//     looks like NULL is in quotes. In a result of one column an empty NULL is "",
//     because most readers drop empty lines.
//   - tsv: NULL is \N.
//   - json, jsonl: NULL is null.
//   - table, vertical, markdown, html: NULL is the word NULL, in html in a cell of the
//     class null. The text NULL is in single quotes.
//
// [Options].Null sets another text for NULL.
//
// # Parquet and Arrow
//
// The format parquet is a Parquet file with Snappy compression, and arrow is a file in
// Arrow's file format, which is also called Feather. The types are those of package
// arrowe6data: a TIMESTAMP_TZ keeps its point in time, and not the zone of its row. After
// an error the file has no end, and no reader accepts it. A program has both
// formats if it was built with the tag arrow, which makes it 35 MB larger.
//
// # JSON
//
// A row is an object. If two columns have the same name, the second has the suffix _2,
// because most readers keep only one of them. Integers are numbers with all digits;
// some readers round those beyond 2^53. Decimals are strings, and so are NaN and the
// infinities. The text of an ARRAY, MAP or STRUCT is embedded if it is a JSON array
// or object, and is a string if it is not. Bytes that are not UTF-8 become U+FFFD.
//
// # Control characters
//
// In table, vertical, markdown and html a control character is visible as an escape
// such as \n or \x1b, so that no value can send commands to a terminal or hide text.
// [Options].Terminal does the same for the other formats.
package output
