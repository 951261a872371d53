package e6data

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/e6data/e6data-go/internal/oauth"
	"github.com/e6data/e6data-go/thriftrows"
)

// kind parses and formats the values of a parameter. The error of set continues a
// sentence that begins with the value, and never contains the value. text formats
// the value for set; it returns "" for the zero value.
type kind struct {
	set  func(*Config, string) error
	text func(*Config) string
}

// text is the kind of texts that protobuf can encode.
func text(field func(*Config) *string) kind {
	return kind{
		set: func(c *Config, v string) error {
			*field(c) = v
			return checkText(v)
		},
		text: func(c *Config) string { return *field(c) },
	}
}

// secret is the kind of secret texts.
func secret(field func(*Config) *Secret) kind {
	return kind{
		set: func(c *Config, v string) error {
			*field(c) = NewSecret(v)
			return checkText(v)
		},
		text: func(c *Config) string { return field(c).Reveal() },
	}
}

func checkText(v string) error {
	if !utf8.ValidString(v) {
		return errors.New("is not valid UTF-8")
	}
	return nil
}

// header is the kind of texts that a request header can hold.
func header[T ~string](field func(*Config) *T) kind {
	return kind{
		set: func(c *Config, v string) error {
			for i := range len(v) {
				if v[i] < ' ' || v[i] > '~' {
					return errors.New("holds other characters than printable ASCII")
				}
			}
			*field(c) = T(v)
			return nil
		},
		text: func(c *Config) string { return string(*field(c)) },
	}
}

// bearerToken is the kind of texts that can follow "Bearer " in a header.
func bearerToken(field func(*Config) *Secret) kind {
	return kind{
		set: func(c *Config, v string) error {
			if v != "" && !oauth.CheckToken(v) {
				return errors.New(`holds other characters than printable ASCII without blanks: it is the token alone, with no "Bearer" before it`)
			}
			*field(c) = NewSecret(v)
			return nil
		},
		text: func(c *Config) string { return field(c).Reveal() },
	}
}

func parseBool(v string) (bool, error) {
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, errors.New("is not true or false")
	}
	return b, nil
}

func boolean(field func(*Config) *bool) kind {
	return kind{
		set: func(c *Config, v string) (err error) {
			*field(c), err = parseBool(v)
			return err
		},
		text: func(c *Config) string { return strconv.FormatBool(*field(c)) },
	}
}

// anyInt is the upper bound of integers that have no other.
const anyInt = 1 << 30

func integer(field func(*Config) *int, least, most int) kind {
	return kind{
		set: func(c *Config, v string) error {
			n, err := strconv.Atoi(v)
			if most == anyInt && (err != nil || n < least || n > most) {
				return fmt.Errorf("is not a number of %d or more", least)
			}
			if err != nil || n < least || n > most {
				return fmt.Errorf("is not a number from %d to %d", least, most)
			}
			*field(c) = n
			return nil
		},
		text: func(c *Config) string { return strconv.Itoa(*field(c)) },
	}
}

// minKeepaliveTime is the smallest value that gRPC does not raise silently.
const minKeepaliveTime = 10 * time.Second

// minTimeout is the smallest timeout. A smaller one probably lacks its unit.
const minTimeout = time.Microsecond

// duration is the kind of durations that are 0 or at least least. If unit is not 0,
// a plain number counts units.
func duration(field func(*Config) *time.Duration, unit, least time.Duration) kind {
	return kind{
		set: func(c *Config, v string) error {
			d, ok := parseDuration(v, unit)
			switch {
			case !ok || d < 0:
				return noDuration(unit)
			case d != 0 && d < least && least == minTimeout:
				return errors.New("is less than a microsecond: a time.Duration has its unit, as 30*time.Second has")
			case d != 0 && d < least:
				return fmt.Errorf("is less than %s, and not 0", formatDuration(least))
			}
			*field(c) = d
			return nil
		},
		text: func(c *Config) string { return formatDuration(*field(c)) },
	}
}

func positiveDuration(field func(*Config) *time.Duration, unit time.Duration) kind {
	return kind{
		set: func(c *Config, v string) error {
			d, ok := parseDuration(v, unit)
			switch {
			case !ok || d < 0:
				return noDuration(unit)
			case d == 0:
				return errors.New("is not more than 0")
			}
			*field(c) = d
			return nil
		},
		text: func(c *Config) string { return formatDuration(*field(c)) },
	}
}

func noDuration(unit time.Duration) error {
	switch unit {
	case time.Second:
		return errors.New("is neither a number of seconds nor a duration such as 30s or 5m")
	case time.Millisecond:
		return errors.New("is neither a number of milliseconds nor a duration such as 30s or 5m")
	}
	return errors.New("is not a duration such as 30s or 5m")
}

func parseDuration(v string, unit time.Duration) (time.Duration, bool) {
	if n, err := strconv.ParseInt(v, 10, 64); err == nil && unit > 0 {
		return time.Duration(n) * unit, n >= 0 && n <= math.MaxInt64/int64(unit)
	}
	d, err := time.ParseDuration(v)
	return d, err == nil
}

// formatDuration writes 300s instead of the 5m0s of time.Duration.
func formatDuration(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d%time.Second == 0:
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	case d%time.Millisecond == 0:
		return strconv.FormatInt(int64(d/time.Millisecond), 10) + "ms"
	}
	return d.String()
}

// The values that a size may have besides positive numbers of bytes.
const (
	sizeAmount = iota // 0: nothing
	sizeLimit         // -1: no limit
)

func size[T int | int64](field func(*Config) *T, meaning int) kind {
	return kind{
		set: func(c *Config, v string) error {
			n, ok := parseSize(v)
			if !ok || int64(T(n)) != n || meaning == sizeAmount && n < 0 {
				return errors.New("is not a number of bytes such as 65536, 64MiB or 300MB")
			}
			if meaning == sizeLimit && n < 1 && n != -1 {
				return errors.New("is neither -1 (no bound) nor a number of bytes above 0")
			}
			*field(c) = T(n)
			return nil
		},
		text: func(c *Config) string { return formatSize(int64(*field(c))) },
	}
}

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9},
	{"b", 1},
}

// parseSize parses a number of bytes, which may have a unit: 1kB is 1000, 1KiB 1024.
func parseSize(s string) (int64, bool) {
	digits, unit := strings.ToLower(s), int64(1)
	for _, u := range sizeUnits {
		if d, ok := strings.CutSuffix(digits, u.name); ok {
			digits, unit = strings.TrimSpace(d), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/unit || n < 0 && unit != 1 {
		return 0, false
	}
	return n * unit, true
}

// formatSize writes a size with the largest binary unit that divides it.
func formatSize(n int64) string {
	if n > 0 {
		for _, u := range []struct {
			name  string
			bytes int64
		}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
			if n%u.bytes == 0 {
				return strconv.FormatInt(n/u.bytes, 10) + u.name
			}
		}
	}
	return strconv.FormatInt(n, 10)
}

// choice is the kind of values that are one of words. Empty means the first word.
func choice[T ~string](field func(*Config) *T, words ...T) kind {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	return kind{
		set: func(c *Config, v string) error {
			for _, w := range words {
				if strings.EqualFold(v, string(w)) {
					*field(c) = w
					return nil
				}
			}
			return errors.New("is none of " + strings.Join(names, ", "))
		},
		text: func(c *Config) string {
			if *field(c) == "" {
				return names[0]
			}
			return string(*field(c))
		},
	}
}

// batchV2 is a choice that also accepts the vendor's true and false.
func batchV2() kind {
	k := choice(func(c *Config) *BatchV2 { return &c.ResultBatchV2 }, BatchV2Off, BatchV2Auto, BatchV2On)
	set := k.set
	k.set = func(c *Config, v string) error {
		if b, err := strconv.ParseBool(v); err == nil {
			c.ResultBatchV2 = BatchV2Off
			if b {
				c.ResultBatchV2 = BatchV2On
			}
			return nil
		}
		return set(c, v)
	}
	return k
}

func paramsMode() kind {
	k := choice(func(c *Config) *ParamsMode { return &c.Params }, ParamsClient, ParamsServer)
	set := k.set
	k.set = func(c *Config, v string) error {
		if strings.EqualFold(v, "auto") {
			return errors.New("is none of client, server: the effect of a statement must not depend on a guess")
		}
		return set(c, v)
	}
	return k
}

// compression is the kind of Compression: "gzip", or "" and "none" for no compression.
func compression() kind {
	return kind{
		set: func(c *Config, v string) error {
			switch strings.ToLower(v) {
			case "gzip":
				c.Compression = "gzip"
			case "", "none":
				c.Compression = ""
			default:
				return errors.New("is none of gzip, none")
			}
			return nil
		},
		text: func(c *Config) string { return c.Compression },
	}
}

func tokenURL() kind {
	return kind{
		set: func(c *Config, v string) error {
			u, err := url.Parse(v) // the error would quote v
			switch {
			case v == "":
			case err != nil || u.Hostname() == "":
				return errors.New("is not a URL such as https://idp.example.com/oauth2/token")
			case u.User != nil:
				return errors.New("holds a user: use client_id and client_secret")
			case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
				return errors.New("is not https, which only a loopback host may do without")
			case u.Fragment != "":
				return errors.New("holds a fragment (#)")
			}
			c.TokenURL = v
			return nil
		},
		text: func(c *Config) string { return c.TokenURL },
	}
}

// location is the kind of time zones in the spelling of thriftrows.Zones, or Local.
func location(field func(*Config) **time.Location) kind {
	return kind{
		set: func(c *Config, v string) error {
			loc, ok := findLocation(v)
			if !ok {
				return errors.New("is not a time zone such as Asia/Kolkata or +05:30 (where the system has no zone database, import time/tzdata)")
			}
			if loc == time.UTC {
				loc = nil
			}
			*field(c) = loc
			return nil
		},
		text: func(c *Config) string {
			loc := *field(c)
			if loc == nil || loc == time.UTC {
				return ""
			}
			_, want := time.Unix(0, 0).In(loc).Zone()
			if same, ok := findLocation(loc.String()); ok {
				if _, offset := time.Unix(0, 0).In(same).Zone(); offset == want {
					return loc.String()
				}
			}
			// The application made this zone, so that only its offset is known.
			sign, s := '+', want
			if s < 0 {
				sign, s = '-', -s
			}
			return fmt.Sprintf("%c%02d:%02d:%02d", sign, s/3600, s/60%60, s%60)
		},
	}
}

func findLocation(name string) (*time.Location, bool) {
	switch name {
	case "":
		return nil, false
	case "Local":
		return time.Local, true
	}
	loc, err := new(thriftrows.Zones).Lookup([]byte(name))
	return loc, err == nil
}
