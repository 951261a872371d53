package adbce6data

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-adbc/go/adbc"

	"github.com/e6data/e6data-go"
)

// Options of this driver. The others are those of package adbc.
const (
	// OptionPrefix stands before the name of a DSN parameter, such as e6data.secure,
	// in an option of a database.
	OptionPrefix = "e6data."
	// OptionQueryTag is an option of a statement: a tag for people and tools. See
	// [e6data.QueryTag].
	OptionQueryTag = OptionPrefix + "query_tag"
	// OptionCache is an option of databases and statements. With "false", the engine
	// computes the result even if its cache has it.
	OptionCache = OptionPrefix + "cache"
	// OptionQueryID is the engine's id of the query that a statement executed last.
	// It can only be read.
	OptionQueryID = OptionPrefix + "query_id"
)

// unreadable is the reason why an option has no value to read.
const unreadable = "it is, or may hold, a secret, which cannot be read"

// place is a catalog and a schema, each with a flag that reports whether it is set.
type place struct {
	catalog, schema       string
	hasCatalog, hasSchema bool
}

// or returns p with the values of other in the place of those that are not set.
func (p place) or(other place) place {
	if !p.hasCatalog {
		p.catalog = other.catalog
	}
	if !p.hasSchema {
		p.schema = other.schema
	}
	return place{catalog: p.catalog, schema: p.schema, hasCatalog: true, hasSchema: true}
}

// isConnectionOption reports whether key is an option of connections.
func isConnectionOption(key string) bool {
	switch key {
	case adbc.OptionKeyCurrentCatalog, adbc.OptionKeyCurrentDbSchema, adbc.OptionKeyAutoCommit,
		adbc.OptionKeyReadOnly, adbc.OptionKeyIsolationLevel:
		return true
	}
	return false
}

// set sets an option of a connection.
func (p *place) set(key, value string) error {
	switch key {
	case adbc.OptionKeyCurrentCatalog:
		p.catalog, p.hasCatalog = value, true
		return nil
	case adbc.OptionKeyCurrentDbSchema:
		p.schema, p.hasSchema = value, true
		return nil
	case adbc.OptionKeyAutoCommit:
		return only(key, value, adbc.OptionValueEnabled, adbc.OptionValueDisabled)
	case adbc.OptionKeyReadOnly:
		return only(key, value, adbc.OptionValueDisabled, adbc.OptionValueEnabled)
	case adbc.OptionKeyIsolationLevel:
		if value != string(adbc.LevelDefault) {
			return notImplemented("%s: the engine has no transactions, so only %s can be set", key, adbc.LevelDefault)
		}
		return nil
	}
	return unknownOption(key, "a connection")
}

// only returns nil for the one value that an option can have, and an error for the
// opposite and for any other value.
func only(key, value, possible, opposite string) error {
	switch value {
	case possible:
		return nil
	case opposite:
		return notImplemented("%s: the engine has no transactions, so only %q can be set", key, possible)
	}
	return invalidArgument(errors.New("adbce6data: " + key + ": the value is neither true nor false"))
}

// get returns an option of a connection.
func (p place) get(key string) (string, error) {
	switch key {
	case adbc.OptionKeyCurrentCatalog:
		return p.catalog, nil
	case adbc.OptionKeyCurrentDbSchema:
		return p.schema, nil
	case adbc.OptionKeyAutoCommit:
		return adbc.OptionValueEnabled, nil
	case adbc.OptionKeyReadOnly:
		return adbc.OptionValueDisabled, nil
	case adbc.OptionKeyIsolationLevel:
		return string(adbc.LevelDefault), nil
	}
	return "", noOption(key, "a connection")
}

// parameterOf returns the name of the DSN's parameter that an option sets.
func parameterOf(key string) (string, bool) {
	switch key {
	case adbc.OptionKeyUsername, adbc.OptionKeyPassword:
		return key, true
	}
	return strings.CutPrefix(key, OptionPrefix)
}

// checkDSNOption returns an error if key is not the DSN and sets no parameter of it.
func checkDSNOption(key string) error {
	if key == adbc.OptionKeyURI {
		return nil
	}
	name, ok := parameterOf(key)
	if !ok {
		return unknownOption(key, "a database")
	}
	// The host in this DSN is never contacted.
	_, err := e6data.ParseDSN("e6data://localhost/?" + encode(name) + "=")
	if err != nil && strings.Contains(err.Error(), "unknown DSN parameter") {
		return unknownOption(key, "a database: "+strings.TrimPrefix(err.Error(), "e6data: "))
	}
	return nil
}

// configOf returns the Config that options stand for.
func configOf(given map[string]string) (*e6data.Config, error) {
	dsn := given[adbc.OptionKeyURI]
	if dsn == "" {
		return nil, invalidArgument(errors.New("adbce6data: the option uri is missing: set it to a DSN, such as e6data://user:token@host:443/database?secure=true"))
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if name, ok := parameterOf(key); ok {
			dsn = withParameter(dsn, name, given[key])
		}
	}
	cfg, err := e6data.ParseDSN(dsn)
	if err != nil {
		return nil, invalidArgument(err)
	}
	return cfg, nil
}

// withParameter returns a DSN with one more parameter.
func withParameter(dsn, name, value string) string {
	param := encode(name) + "=" + encode(value)
	_, rest, _ := strings.Cut(dsn, "://")
	switch {
	case strings.HasSuffix(rest, "?"), strings.HasSuffix(rest, "&"):
		return dsn + param
	case strings.Contains(rest, "?"):
		return dsn + "&" + param
	case !strings.HasPrefix(dsn, "jdbc:"):
		return dsn + "?" + param
	}
	_, path, hasPath := strings.Cut(rest, "/")
	switch {
	case !hasPath:
		return dsn + "/" + param
	case path == "":
		return dsn + param
	case strings.Contains(path, "="):
		return dsn + "&" + param
	}
	return dsn + "?" + param
}

// encode writes s so that it is a name or a value in both forms of a DSN.
func encode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// readDSNOption returns the value of an option of the DSN. It reads from a Config
// that has no secrets any more.
func readDSNOption(cfg *e6data.Config, key string) (string, error) {
	public := cfg.Clone()
	public.Token, public.AccessToken, public.ClientSecret, public.ClientKey = e6data.Secret{}, e6data.Secret{}, e6data.Secret{}, e6data.Secret{}
	public.TokenURL, _, _ = strings.Cut(public.TokenURL, "?")
	dsn := public.FormatDSN()
	switch key {
	case adbc.OptionKeyURI:
		return dsn, nil
	case adbc.OptionKeyUsername:
		return public.User, nil
	case adbc.OptionKeyPassword:
		return "", notFound("%s: %s", key, unreadable)
	}
	name, ok := strings.CutPrefix(key, OptionPrefix)
	if !ok {
		return "", noOption(key, "a database")
	}
	_, query, _ := strings.Cut(dsn, "?")
	values, err := url.ParseQuery(query)
	if value, ok := values[name]; ok && err == nil {
		return value[0], nil
	}
	return "", notFound("%s has its default, or %s, or there is no such option", key, unreadable)
}

// typedOptions are the methods of adbc.GetSetOptions for values that are not text, by
// means of the methods for text.
type typedOptions struct {
	get func(key string) (string, error)
	set func(key, value string) error
}

// SetOptionBytes returns an error: no option is binary.
func (o typedOptions) SetOptionBytes(key string, _ []byte) error {
	return notImplemented("%s: no option of this driver takes bytes", key)
}

// SetOptionInt sets an option to the text of a number.
func (o typedOptions) SetOptionInt(key string, value int64) error {
	return o.set(key, strconv.FormatInt(value, 10))
}

// SetOptionDouble sets an option to the text of a number.
func (o typedOptions) SetOptionDouble(key string, value float64) error {
	return o.set(key, strconv.FormatFloat(value, 'g', -1, 64))
}

// GetOptionBytes returns an option's text.
func (o typedOptions) GetOptionBytes(key string) ([]byte, error) {
	text, err := o.get(key)
	if err != nil {
		return nil, err
	}
	return []byte(text), nil
}

// GetOptionInt returns an option's text as a number.
func (o typedOptions) GetOptionInt(key string) (int64, error) {
	text, err := o.get(key)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, notFound("%s has no integer value", key)
	}
	return n, nil
}

// GetOptionDouble returns an option's text as a number.
func (o typedOptions) GetOptionDouble(key string) (float64, error) {
	text, err := o.get(key)
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, notFound("%s has no numeric value", key)
	}
	return f, nil
}
