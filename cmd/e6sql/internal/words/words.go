// Package words holds the words of the engine's SQL dialect that the shell colours and
// completes: keywords, types and functions.
package words

import (
	"slices"
	"strings"
)

// keywords holds the keywords, in upper case and sorted.
var keywords = strings.Fields(`
ALL AND ANY AS ASC BETWEEN BY CASE CAST CREATE CROSS CUBE CURRENT DELETE DESC DESCRIBE DISTINCT DROP ELSE END ESCAPE
EXCEPT EXISTS EXPLAIN EXTRACT FALSE FILTER FIRST FOLLOWING FOR FROM FULL GROUP GROUPING HAVING ILIKE IN INNER INSERT
INTERSECT INTERVAL INTO IS JOIN LAST LATERAL LEFT LIKE LIMIT MERGE NATURAL NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER
PARTITION PIVOT PRECEDING QUALIFY RANGE REPLACE RIGHT ROLLUP ROW ROWS SELECT SET SETS SHOW SOME TABLE THEN TRUE TRY_CAST
UNBOUNDED UNION UNNEST UPDATE USING VALUES VIEW WHEN WHERE WINDOW WITH WITHIN`)

// types holds the names of types, in upper case and sorted.
var types = strings.Fields(`
ARRAY BIGINT BOOLEAN CHAR DATE DECIMAL DOUBLE FLOAT INT INTEGER JSON MAP STRUCT TIMESTAMP TIMESTAMP_TZ VARBINARY VARCHAR`)

// Function is a function of the dialect.
type Function struct {
	// Name is the function's name, in upper case.
	Name string
	// Args describes the arguments, such as "unit, n, date". It is empty if the
	// function takes none, or if its arguments say nothing more than its name.
	Args string
}

// functions is sorted by name.
var functions = parse(`
ABS x|ADD_MONTHS date, n|ANY_VALUE x|APPROX_COUNT_DISTINCT x|APPROX_PERCENTILE x, p|APPROX_QUANTILES x, n|ARBITRARY x
ARRAY_AGG x|ARRAY_APPEND array, x|ARRAY_CONCAT a, b|ARRAY_CONTAINS array, x|ARRAY_INTERSECT a, b|ARRAY_JOIN array, separator
ARRAY_POSITION x, array|ARRAY_PREPEND array, x|ARRAY_SLICE array, from, to|ARRAY_SORT array|ARRAY_TO_STRING array, separator
ASCII text|AVG x|BITWISE_NOT x|BITWISE_OR a, b|BITWISE_XOR a, b|BOOL_OR x|CARDINALITY x|CBRT x|CEIL x|CEILING x
CHARACTER_LENGTH text|CHARINDEX part, text|CHAR_LENGTH text|COALESCE a, b, ...|COLLECT_LIST x|CONCAT a, b, ...
CONCAT_WS separator, a, b, ...|CONTAINS_SUBSTR x, text|CONVERT_TIMEZONE from, to, timestamp|CORR y, x|COS x|COT x|COUNT x
COUNT_IF condition|COVAR_POP y, x|COVAR_SAMP y, x|CURRENT_DATE|CURRENT_TIMESTAMP|DATE x|DATEADD unit, n, date
DATEDIFF unit, start, end|DATEPART unit, date|DATETIME timestamp, zone|DATE_ADD unit, n, date|DATE_DIFF unit, start, end
DATE_FORMAT date, format|DATE_SUB date, n|DATE_TRUNC unit, date|DAY date|DAYNAME date|DAYOFWEEK date|DAYOFWEEKISO date|DAYS date
DECODE x, key, value, ..., default|DEGREES x|DENSE_RANK|ELEMENT_AT x, key|ENDS_WITH text, part|EXP x|EXPLODE x|FACTORIAL n
FILTER_ARRAY array, lambda|FIND_IN_SET x, list|FIRST_VALUE x|FLATTEN input|FLOOR x|FORMAT format, x, ...|FORMAT_DATE date, format
FORMAT_DATETIME timestamp, format|FORMAT_TIMESTAMP timestamp, format|FROM_JSON text, type|FROM_UNIXTIME seconds
FROM_UNIXTIME_WITHUNIT n, unit|FROM_UTC_TIMESTAMP timestamp, zone|GENERATE_DATE_ARRAY first, last, interval
GENERATE_TIMESTAMP_ARRAY first, last, interval|GREATEST a, b, ...|HOUR timestamp|IF condition, a, b|IFNULL a, b|INITCAP text
INSTR text, part|JSON_EXTRACT json, path|JSON_VALUE json, path|LAG x, n|LAST_DAY date|LAST_VALUE x|LEAD x, n|LEAST a, b, ...
LEN text|LENGTH text|LISTAGG x, separator|LN x|LOCATE part, text|LOG x|LOWER text|LPAD text, n, pad|LTRIM text|MAX x|MAX_BY x, y
MAP_FROM_ENTRIES array|MD5 text|MIN x|MINUTE timestamp|MIN_BY x, y|MOD a, b|MONTH date|NAMED_STRUCT name, value, ...|NOW|NTILE n
NULLIF a, b|NVL a, b|NVL2 x, a, b|OBJECT_CONSTRUCT key, value, ...|PARSE_DATE format, text|PARSE_DATETIME format, text
PARSE_JSON text|PARSE_TIMESTAMP format, text|PERCENTILE_CONT p|PI|POSITION part IN text|POW x, y|POWER x, y|QUARTER date|RADIANS x
RAND|RANK|REDUCE array, start, lambda|REGEXP_CONTAINS text, regexp|REGEXP_COUNT text, regexp|REGEXP_EXTRACT text, regexp, group
REGEXP_EXTRACT_ALL text, regexp, group|REGEXP_LIKE text, regexp|REGEXP_REPLACE text, regexp, by|REPEAT text, n|REVERSE text
ROUND x, n|ROW_NUMBER|RPAD text, n, pad|RTRIM text|SECOND timestamp|SEQUENCE first, last|SHIFTLEFT x, n|SHIFTRIGHT x, n|SIGN x
SIN x|SIZE x|SOUNDEX text|SPLIT text, regexp|SPLIT_PART text, separator, n|SQRT x|STARTS_WITH text, part|STDDEV x|STDDEV_POP x
STDDEV_SAMP x|STRING_AGG x, separator|STRPOS text, part|SUBSTR text, start, n|SUBSTRING text, start, n|SUM x|TAN x
TIMESTAMP_ADD unit, n, timestamp|TIMESTAMP_DIFF a, b, unit|TO_CHAR x, format|TO_DATE text, format|TO_HEX x|TO_JSON x
TO_TIMESTAMP text, format|TO_UNIX_TIMESTAMP timestamp|TO_UTF8 text|TO_VARCHAR x, format|TRANSFORM array, lambda
TRANSLATE text, from, to|TRIM text|TRY_DIVIDE a, b|TRY_ELEMENT_AT x, key|TRY_PARSE_JSON text|TYPEOF x|UNBASE64_BINARY text
UPPER text|URL_DECODE text|UUID|VARIANCE_SAMP x|VAR_SAMP x|WEEK date|WEEKISO date|WEEKOFYEAR date|WIDTH_BUCKET x, low, high, n|YEAR date`)

// parse returns the functions of a text in which | or a line end separates them.
func parse(text string) []Function {
	var list []Function
	for _, entry := range strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == '\n' }) {
		name, args, _ := strings.Cut(entry, " ")
		list = append(list, Function{Name: name, Args: args})
	}
	slices.SortFunc(list, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Keywords returns the keywords in upper case, sorted. The caller must not change the
// slice.
func Keywords() []string { return keywords }

// Types returns the names of the types in upper case, sorted. The caller must not change
// the slice.
func Types() []string { return types }

// Functions returns the functions, sorted by name. The caller must not change the slice.
func Functions() []Function { return functions }

// IsKeyword reports whether word is a keyword, in any letter case.
func IsKeyword(word string) bool { return contains(keywords, word) }

// IsType reports whether word is the name of a type, in any letter case.
func IsType(word string) bool { return contains(types, word) }

// IsFunction reports whether word is the name of a function, in any letter case.
func IsFunction(word string) bool {
	_, ok := slices.BinarySearchFunc(functions, strings.ToUpper(word), func(f Function, name string) int {
		return strings.Compare(f.Name, name)
	})
	return ok
}

func contains(sorted []string, word string) bool {
	_, ok := slices.BinarySearch(sorted, strings.ToUpper(word))
	return ok
}
