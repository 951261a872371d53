package e6data

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// settingGroup is a table of docs/configuration.md.
type settingGroup struct {
	name   string
	params []string
}

// settingGroups hold each parameter once.
var settingGroups = []settingGroup{
	{"place", []string{"database", "catalog", "cluster_name"}},
	{"credentials", []string{
		"user", "password", "impersonate", "access_token", "client_id", "client_secret", "token_url", "oauth_scope", "client_auth_method",
	}},
	{"tls", []string{"secure", "ca_cert", "client_cert", "client_key", "server_name", "tls_config", "insecure_skip_verify"}},
	{"times", []string{
		"connect_timeout", "prepare_timeout", "query_timeout", "cleanup_timeout", "auto_resume", "resume_timeout", "resume_poll",
		"strategy_ttl", "max_attempts",
	}},
	{"channels", []string{
		"channels", "keepalive_time", "keepalive_timeout", "keepalive_without_calls", "max_recv_bytes", "max_send_bytes", "compression", "user_agent",
	}},
	{"results", []string{"prefetch_bytes", "prefetch_total", "result_batch_v2", "params", "loc", "transactions", "cache"}},
	{"logs", []string{"debug", "log_statements"}},
}

func (g *settingGroup) table() string {
	var b strings.Builder
	b.WriteString("| parameter | type | default | meaning | `Config` | also known as |\n|---|---|---|---|---|---|\n")
	defaults := NewConfig()
	for _, name := range g.params {
		p := mustParam(name)
		typ := strings.ReplaceAll(configField(p).Type.String(), "e6data.", "")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | `%s %s` | %s |\n",
			p.name, typeCell(p), defaultCell(p, defaults), p.doc, p.field, typ, aliasCell(p))
	}
	return strings.ReplaceAll(b.String(), "|  |", "| |")
}

func configField(p *param) reflect.StructField {
	f, ok := reflect.TypeFor[Config]().FieldByName(p.field)
	if !ok {
		panic("Config has no field " + p.field)
	}
	return f
}

// typeCell says what a DSN may give a parameter, as far as its reader and its field
// show that.
func typeCell(p *param) string {
	refusal := ""
	if err := p.set(NewConfig(), "no such value"); err != nil {
		refusal = err.Error()
	}
	if words, ok := strings.CutPrefix(refusal, "is none of "); ok {
		words, _, _ = strings.Cut(words, ":")
		return "`" + strings.ReplaceAll(words, ", ", "`, `") + "`"
	}
	switch configField(p).Type {
	case reflect.TypeFor[bool]():
		return "`true`, `false`"
	case reflect.TypeFor[time.Duration]():
		return "duration"
	case reflect.TypeFor[*time.Location]():
		return "time zone"
	case reflect.TypeFor[Secret]():
		return "secret"
	case reflect.TypeFor[int](), reflect.TypeFor[int64]():
		if p.set(NewConfig(), "1KiB") == nil {
			return "size"
		}
		return "number"
	}
	return "text"
}

// Each parameter is in one group, and what typeCell says of it a DSN takes.
func TestSettingGroups(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, g := range settingGroups {
		for _, name := range g.params {
			count[name]++
		}
	}
	samples := map[string]string{
		"duration": "90s", "size": "64MiB", "number": "7", "time zone": "+05:30", "`true`, `false`": "true", "secret": "x", "text": "x",
	}
	for i := range params {
		p := &params[i]
		if count[p.name] != 1 {
			t.Errorf("%s is in %d groups", p.name, count[p.name])
		}
		sample, known := samples[typeCell(p)]
		switch {
		case !known:
			sample, _, _ = strings.Cut(strings.TrimPrefix(typeCell(p), "`"), "`")
		case p.name == "token_url":
			sample = "https://example.com/token"
		}
		if err := p.set(NewConfig(), sample); err != nil {
			t.Errorf("%s is a %s, and %q %v", p.name, typeCell(p), sample, err)
		}
	}
	if len(count) != len(params) {
		t.Errorf("%d parameters are in groups, and there are %d", len(count), len(params))
	}
}

const (
	errorsPage    = "docs/errors-and-retries.md"
	blueGreenPage = "docs/blue-green.md"
)

// firstCells returns what is between backticks in the first cells of a document's
// tables.
func firstCells(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
				words = append(words, m[1])
			}
		}
	}
	return words
}

// The page on errors has a row for each error variable, each phase and each condition
// after which something is done again.
func TestErrorsPageIsComplete(t *testing.T) {
	t.Parallel()
	rows := firstCells(t, errorsPage)
	code, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	variables := regexp.MustCompile(`(?m)^\t(Err[A-Z]\w*)\s.*=`).FindAllStringSubmatch(string(code), -1)
	if len(variables) < 13 {
		t.Errorf("only %d error variables were found", len(variables))
	}
	for _, m := range variables {
		if !slices.Contains(rows, m[1]) {
			t.Errorf("there is no row for %s", m[1])
		}
	}
	for phase := range policy {
		if !slices.Contains(rows, string(phase)) {
			t.Errorf("there is no row for the phase %s", phase)
		}
	}
	for phase, conditions := range policy {
		for c := range conditions {
			if !slices.Contains(rows, c.String()) {
				t.Errorf("there is no row for the condition %q, of %s", c, phase)
			}
		}
	}
}

// The page on blue/green names every number that it takes from the code, and every
// message that changes of colour, session and cluster are logged with.
func TestBlueGreenPageIsCurrent(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(blueGreenPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"strategy_ttl", "max_attempts", "auto_resume", "resume_timeout", "resume_poll", "cleanup_timeout", "connect_timeout"} {
		if want := "| `" + name + "` | " + defaultCell(mustParam(name), NewConfig()) + " |"; !strings.Contains(string(text), want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, reason := range []condition{wrongStrategy, noLiveColor, colorDown, mute, suspended, sessionExpired} {
		if !strings.Contains(string(text), "`"+reason.String()+"`") {
			t.Errorf("it does not name the reason %q", reason)
		}
	}
	messages := 0
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`logChange\(ctx, slog\.Level\w+, "([^"]+)"`).FindAllStringSubmatch(string(code), -1) {
			messages++
			if !strings.Contains(string(text), "`"+strings.TrimSpace(m[1])) {
				t.Errorf("it does not name the message %q of %s", m[1], file)
			}
		}
	}
	if messages < 8 {
		t.Errorf("only %d messages were found", messages)
	}
}
