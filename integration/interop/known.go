package main

import (
	"encoding/base64"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"
)

// Known is a difference that is expected, and why. In each of them the driver is right: the
// golden cases have the values that the engine means.
type Known struct {
	Name, Why string
	// Only is the case that may differ in this way, or the beginning of its name.
	Only string
	// Answer reports whether two whole answers differ in this way; nil if cells do.
	Answer func(driver, connector *Answer) bool
	// Executions is how often the connector has the statement executed, where that is not as
	// often as the driver; 0 stands for that.
	Executions int
	// Cell reports whether two cells differ in this way; nil if answers do.
	Cell func(driver, connector Cell) bool
}

// known is the list. It describes the connector's versions 2.3.
var known = []*Known{
	{
		Name: "scale", Why: "the connector ignores the scale of a DECIMAL128: 12.30 is 1230 there",
		Cell: decimals(func(driver, connector string) bool { return sameNumber(unscaled(driver), connector) }),
	}, {
		Name: "negative scale", Why: "the same with a scale of less than 0: 123000 is 123 there",
		Only: "golden/decimal128_negative_scale",
		Cell: decimals(func(driver, connector string) bool { return strings.TrimRight(driver, "0") == connector }),
	}, {
		Name: "decimal bytes as text", Why: "the connector takes the 16 bytes of a DECIMAL128 for a number's text if they are one",
		Cell: decimals(func(driver, connector string) bool { return sameNumber(bytesOf(unscaled(driver)), connector) }),
	}, {
		Name: "short decimal", Why: "the connector takes a DECIMAL128 of fewer than 16 bytes for 0, and logs a warning",
		Only: "golden/decimal128_short_bytes",
		Cell: decimals(func(_, connector string) bool { return connector == "0" }),
	}, {
		Name: "microseconds", Why: "the connector cuts microseconds off a time",
		Cell: times(func(driver, connector string) bool { return connector == milliseconds(driver) }),
	}, {
		Name: "binary as text", Why: "the connector decodes BINARY as UTF-8, and bytes that are none are lost",
		Cell: func(driver, connector Cell) bool {
			raw, err := base64.StdEncoding.DecodeString(driver.Text)
			return driver.Kind == "bytes" && connector.Kind == "text" && err == nil && decodes(string(raw), connector.Text)
		},
	}, {
		Name: "year without zeros", Why: "the connector writes a year before 1000 with fewer than four digits, on Linux",
		Cell: dates(func(driver, connector string) bool { return strings.TrimLeft(driver, "0") == connector }),
	}, {
		Name: "date before 1970", Why: "a DATE before 1970 that is not at midnight can be a day early in the connector",
		Only: "golden/date_not_midnight",
		Cell: dates(dayEarly),
	}, {
		Name: "offset with seconds", Why: "the connector drops the seconds of a zone's offset",
		Only: "golden/timestamp_tz_offset_with_seconds",
		Cell: times(withinAMinute),
	}, {
		Name: "vector's zone", Why: "the connector ignores the zone of a vector that has none for each row, and answers in UTC",
		Cell: times(sameInstantInUTC),
	}, {
		Name: "failed to parse", Why: "a time that Python's datetime has not is the text 'Failed to parse.' in the last row of a batch",
		Cell: func(driver, connector Cell) bool {
			return connector == Cell{"text", "Failed to parse."} && strange(driver)
		},
	}, {
		Name: "years", Why: "before the last row of a batch, such a time ends the result with an IndexError",
		Answer: func(driver, connector *Answer) bool {
			return indexError(driver, connector) && slices.ContainsFunc(driver.Rows, func(row []Cell) bool {
				return slices.ContainsFunc(row, strange)
			})
		},
	}, {
		Name: "types", Why: "the connector does not decode vectors of type TIMESTAMP and INT96: more than one row is an IndexError",
		Answer: func(driver, connector *Answer) bool {
			return indexError(driver, connector) && slices.ContainsFunc(driver.Columns, func(c Column) bool {
				return c.Type == "TIMESTAMP" || c.Type == "INT96"
			})
		},
	}, {
		Name: "types, one row", Why: "and one row of such a type is NULL there",
		Only: emulatorPrefix,
		Cell: func(driver, connector Cell) bool { return driver.Kind == "time" && connector.Kind == "null" },
	}, {
		Name: "null flags", Why: "the connector needs a NULL flag for each row, and an IndexError follows where none are sent",
		Only: "golden/null_flags_", Answer: indexError,
	}, {
		Name: "digits", Why: "the versions 3.0 of the connector know the scale, and round a decimal to 28 digits",
		Cell: decimals(rounded),
	}, {
		Name: "names", Why: "the connector does not decode Java's modified UTF-8 in the metadata",
		Only: "golden/meta_names_modified_utf8",
		Answer: func(driver, connector *Answer) bool {
			return driver.Error == nil && class(connector) == "UnicodeDecodeError"
		},
	}, {
		Name: "empty batch", Why: "a batch without rows ends the result in the connector: the rows after it are missing, without an error",
		Only: "batches/an empty batch between", Answer: cutTo(4),
	}, {
		Name: "empty batch first", Why: "the same with a first batch without rows: there is no row at all",
		Only: "batches/an empty batch first", Answer: cutTo(0),
	}, {
		Name: "incomplete", Why: "the connector does not compare the rows with the promised count: it ends without an error, the driver with one",
		Answer: func(driver, connector *Answer) bool {
			return class(driver) == "incomplete" && driver.Error.Code == "" && connector.Error == nil &&
				sameHead(driver, connector) && equalRows(driver.Rows, connector.Rows)
		},
	}, {
		Name: "runs again", Why: "an error with the words of a lost session makes the connector execute the statement up to five times",
		Only: "errors/metadata, with words of a lost session", Executions: 5,
		Answer: func(driver, connector *Answer) bool {
			return driver.Error != nil && connector.Error != nil && sameFailure(driver.Error, connector.Error)
		},
	}, {
		Name: "float parameter", Why: "the connector writes a float as a DECIMAL literal, the driver as a DOUBLE",
		Only: emulatorPrefix + "parameter",
		Answer: func(driver, connector *Answer) bool {
			return driver.Error == nil && connector.Error == nil && driver.RowCount == connector.RowCount &&
				len(driver.Columns) == 1 && len(connector.Columns) == 1 && driver.Columns[0].Name == connector.Columns[0].Name &&
				driver.Columns[0].Type == "DOUBLE" && strings.HasPrefix(connector.Columns[0].Type, "DECIMAL(") &&
				slices.EqualFunc(driver.Rows, connector.Rows, func(d, c []Cell) bool { return slices.EqualFunc(d, c, floatAsDecimal) })
		},
	}, {
		Name: "wrong token", Why: "the connector does not report the refused login where one colour is live, and sends the statement without a session",
		Only: "login/a wrong token",
		Answer: func(driver, connector *Answer) bool {
			return class(driver) == "authentication" && connector.Error != nil && connector.Error.Message == "Access denied"
		},
	}, {
		Name: "array size", Why: "fetchmany without a number is an AttributeError: the constructor sets _array_size, and arraysize reads _arraysize",
		Only: "batches/fetchmany without a number",
		Answer: func(driver, connector *Answer) bool {
			return driver.Error == nil && class(connector) == "AttributeError"
		},
	}, {
		Name: "expired while reading", Why: "the connector renews a session in execute, and not while rows are read: the rows are lost",
		Only: "life/sessions expire before the rows",
		Answer: func(driver, connector *Answer) bool {
			return driver.Error == nil && connector.Error != nil && connector.Error.Message == "Access denied"
		},
	}, {
		Name: "replaced session", Why: "the connector does not take over the session that a response has: an engine that refuses the old one is told to execute five times",
		Only: "life/sessions rotate", Executions: 5,
		Answer: func(driver, connector *Answer) bool {
			return driver.Error == nil && connector.Error != nil && strings.Contains(connector.Error.Message, "replaced by a later response")
		},
	},
}

func knownAnswer(name string, driver, connector *Answer) *Known {
	return find(name, func(k *Known) bool { return k.Answer != nil && k.Answer(driver, connector) })
}

func knownCell(name string, driver, connector Cell) *Known {
	return find(name, func(k *Known) bool { return k.Cell != nil && k.Cell(driver, connector) })
}

// find returns the first of the list for this case that is so; nil if none is.
func find(name string, so func(*Known) bool) *Known {
	for _, k := range known {
		if strings.HasPrefix(name, k.Only) && so(k) {
			return k
		}
	}
	return nil
}

// decimals makes a Cell that compares the texts of two decimals.
func decimals(so func(driver, connector string) bool) func(driver, connector Cell) bool {
	return func(driver, connector Cell) bool {
		return driver.Kind == "decimal" && connector.Kind == "decimal" && so(driver.Text, connector.Text)
	}
}

// times makes a Cell that compares the driver's time with the connector's text of one.
func times(so func(driver, connector string) bool) func(driver, connector Cell) bool {
	form := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[-+]\d\d:\d\d$`)
	return func(driver, connector Cell) bool {
		return driver.Kind == "time" && len(driver.Text) == len("2006-01-02T15:04:05.000000-07:00") &&
			connector.Kind == "text" && form.MatchString(connector.Text) && so(driver.Text, connector.Text)
	}
}

// dates makes a Cell that compares the driver's date with the connector's text of one.
func dates(so func(driver, connector string) bool) func(driver, connector Cell) bool {
	return func(driver, connector Cell) bool {
		return driver.Kind == "date" && connector.Kind == "text" && so(driver.Text, connector.Text)
	}
}

// unscaled returns a decimal's digits without the point.
func unscaled(decimal string) string { return strings.Replace(decimal, ".", "", 1) }

// bytesOf returns the 16 bytes of an integer, big-endian two's complement.
func bytesOf(integer string) string {
	n, ok := new(big.Int).SetString(integer, 10)
	if !ok || n.BitLen() > 127 {
		return ""
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	return strings.TrimSpace(string(n.FillBytes(make([]byte, 16))))
}

// decodes reports whether text is raw, decoded as UTF-8 with replacements. How many of them
// stand for a run of bytes depends on the decoder.
func decodes(raw, text string) bool {
	runs := regexp.MustCompile("\uFFFD+")
	valid := strings.ToValidUTF8(raw, "\uFFFD")
	return runs.ReplaceAllString(valid, "\uFFFD") == runs.ReplaceAllString(text, "\uFFFD")
}

func dayEarly(driver, connector string) bool {
	d, err := time.Parse(time.DateOnly, driver)
	c, otherErr := time.Parse(time.DateOnly, connector)
	return err == nil && otherErr == nil && d.Year() < 1970 && d.AddDate(0, 0, -1).Equal(c)
}

// cutTo makes an Answer that the connector's rows are the driver's first n.
func cutTo(n int) func(driver, connector *Answer) bool {
	return func(driver, connector *Answer) bool {
		return driver.Error == nil && connector.Error == nil && sameHead(driver, connector) &&
			len(driver.Rows) > n && len(connector.Rows) == n && equalRows(driver.Rows[:n], connector.Rows)
	}
}

// sameHead reports whether all but the rows and the error is the same.
func sameHead(driver, connector *Answer) bool {
	return driver.RowCount == connector.RowCount && len(compareColumns(driver, connector)) == 0
}

// floatAsDecimal reports whether connector is the digits of driver's shortest text.
func floatAsDecimal(driver, connector Cell) bool {
	bits, err := strconv.ParseUint(driver.Text, 16, 64)
	digits := strconv.FormatFloat(math.Float64frombits(bits), 'f', -1, 64)
	return err == nil && driver.Kind == "float" && connector.Kind == "decimal" && sameNumber(unscaled(digits), connector.Text)
}

// withinAMinute reports whether two times show clocks that are less than a minute apart.
func withinAMinute(driver, connector string) bool {
	const clock = "2006-01-02T15:04:05"
	d, err := time.Parse(clock, driver[:len(clock)])
	c, otherErr := time.Parse(clock, connector[:len(clock)])
	return err == nil && otherErr == nil && d.Sub(c).Abs() < time.Minute
}

// rounded reports whether a decimal has more digits than Python's default context, and the
// connector's is the driver's rounded to that.
func rounded(driver, connector string) bool {
	const python = 28
	exact, _, err := apd.NewFromString(driver)
	if err != nil || exact.NumDigits() <= python {
		return false
	}
	var short apd.Decimal
	_, err = (&apd.Context{Precision: python, Rounding: apd.RoundHalfEven, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent}).Round(&short, exact)
	return err == nil && sameNumber(short.Text('f'), connector)
}

// sameInstantInUTC reports whether connector is driver in UTC, to the millisecond, although
// driver is in another zone.
func sameInstantInUTC(driver, connector string) bool {
	d, err := time.Parse(time.RFC3339Nano, driver)
	c, otherErr := time.Parse(time.RFC3339Nano, connector)
	return err == nil && otherErr == nil && strings.HasSuffix(connector, "+00:00") && !strings.HasSuffix(driver, "+00:00") &&
		d.Truncate(time.Millisecond).Equal(c)
}

// strange reports whether a cell is a date or a time that Python's datetime may not have:
// it has the years 1 to 9999, and an offset from UTC may leave them.
func strange(c Cell) bool {
	if c.Kind != "date" && c.Kind != "time" {
		return false
	}
	year, _, _ := strings.Cut(strings.TrimPrefix(c.Text, "-"), "-")
	return strings.HasPrefix(c.Text, "-") || year <= "0001" || year >= "9999" || len(year) > 4
}

func indexError(driver, connector *Answer) bool {
	return driver.Error == nil && class(connector) == "IndexError"
}

// class returns the class of an answer's error; empty without one.
func class(a *Answer) string {
	if a.Error == nil {
		return ""
	}
	return a.Error.Class
}

func equalRows(driver, connector [][]Cell) bool {
	return slices.EqualFunc(driver, connector, func(d, c []Cell) bool { return slices.EqualFunc(d, c, sameCell) })
}
