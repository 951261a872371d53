package e6data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// otherWords maps names in other drivers' DSNs to advice: the name to write here, or
// another way to get the same effect. The names are in lower case and without "_".
var otherWords = []struct{ names, advice string }{
	{"timeout sockettimeout readtimeout writetimeout", "write query_timeout, for a whole query, prepare_timeout or connect_timeout"},
	{"statementtimeout maxexecutiontime maxquerytime executiontimeout querytimeoutseconds", "write query_timeout, as in query_timeout=30s"},
	{"dialtimeout logintimeout connectiontimeout connecttimeoutms", "write connect_timeout, as in connect_timeout=10s"},
	{"ssl tls sslmode usessl usetls encrypt https", "write secure=true for TLS"},
	{"sslrootcert sslca cafile cacertfile tlsca", "write ca_cert"},
	{"sslkey", "write client_key"},
	{"sslverify tlsskipverify skipverify trustservercertificate insecure", "write insecure_skip_verify=true, for tests only, or better ca_cert"},
	{"db dbname currentschema searchpath namespace", "write database, or put its name after the host: e6.example.com:443/sales"},
	{"warehouse clusterid httppath computecluster workgroup", "write cluster_name"},
	{"host hostname server addr address port account url endpoint", "host and port come before the parameters: e6data://user:token@host:443/database?secure=true"},
	{"uid login email", "write user"},
	{"pwd pass passwd apikey pat auth credential credentials", "write password, for the account's access token"},
	{"bearer oauthtoken jwt", "write access_token"},
	{"role sessionrole principal", "there are no roles to choose; impersonate names a user on whose behalf to work"},
	{"timezone tz sessiontimezone servertimezone", "write loc, as in loc=Asia/Kolkata"},
	{"parsetime", "leave it out: a time is a time.Time always, and loc sets its zone"},
	{"charset collation encoding clientencoding", "leave it out: text is UTF-8 always"},
	{"interpolateparams prefersimpleprotocol binaryparameters", "write params=client, which is the default, or params=server"},
	{"multistatements allowmultiqueries", "leave it out: a call runs one statement"},
	{"poolmaxconns maxopenconns maxconns maximumpoolsize poolsize maxpoolsize", "leave it out and call SetMaxOpenConns of the sql.DB"},
	{"poolminconns maxidleconns minconns", "leave it out and call SetMaxIdleConns of the sql.DB"},
	{"poolmaxconnlifetime connmaxlifetime maxconnlifetime", "leave it out and call SetConnMaxLifetime of the sql.DB"},
	{"applicationname appname clientname programname source", "write user_agent"},
	{"compress gzip", "write compression=gzip"},
	{"fetchsize prefetch prefetchrows rowbuffer defaultrowfetchsize", "write prefetch_bytes"},
	{"loglevel tracing verbose logging", "write debug=true"},
	{"retries maxattempts retry", "write max_attempts"},
}

// adviceOn returns advice for a name that no parameter has, or "" if there is none.
func adviceOn(name string) string {
	word := strings.ReplaceAll(name, "_", "")
	for _, other := range otherWords {
		if slices.Contains(strings.Fields(other.names), word) {
			return other.advice
		}
	}
	if closest := nearest(name); closest != "" {
		return fmt.Sprintf("do you mean %q?", closest)
	}
	return ""
}

// unknownParam returns the error for a name that no parameter has. position counts
// from 1. If the name is not harmless, the error shows it only if a known name is
// similar, and never if an "@" follows, because it may be part of a secret that was
// not encoded.
func unknownParam(written string, position int, harmless, followed bool) error {
	advice := adviceOn(normalName(written))
	what := strconv.Quote(written)
	if !plainName(written) || followed || !harmless && advice == "" {
		what = fmt.Sprintf(`number %d (in a value, "&" is %%26)`, position)
	}
	if advice == "" {
		advice = "no known parameter is similar"
	}
	return fmt.Errorf("e6data: unknown DSN parameter %s: %s", what, advice)
}

// plainName reports whether s looks like the name of a parameter.
func plainName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// nearest returns the known name or alias that is most similar to name, or "" if none
// is similar. A known name that begins or ends with name comes first. Otherwise the
// smallest edit distance decides, which must be at most a third of the name's length.
// nearest never returns "token": a user could then send a harmless value as a secret.
func nearest(name string) string {
	name = name[:min(len(name), 64)]
	best, least := "", (len(name)+1)/3+1
	for i := range params {
		for _, known := range params[i].allNames() {
			if known == "token" {
				continue
			}
			d := distance(name, known)
			switch {
			case len(name) > 2 && strings.HasPrefix(known, name):
				d = 0
			case len(name) > 2 && strings.HasSuffix(known, name):
				d = min(d, 1)
			}
			if d < least {
				best, least = known, d
			}
		}
	}
	return best
}

// distance returns the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
