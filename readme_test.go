package e6data

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of the README and of docs/")

// documentTables returns what makes the tables that documents hold between markers such
// as <!-- begin retries --> and <!-- end retries -->.
func documentTables() map[string]func() string {
	tables := map[string]func() string{"parameters": paramTable, "environment": envTable, "retries": retryTable}
	for i := range settingGroups {
		tables["settings "+settingGroups[i].name] = settingGroups[i].table
	}
	return tables
}

// markedTable is a table with its markers.
var markedTable = regexp.MustCompile(`(?s)<!-- begin ([a-z ]+) -->\n(.*?)<!-- end ([a-z ]+) -->\n`)

// The tables of the README and of docs/ are what the code says; go test -run README
// -update . writes them.
func TestREADME(t *testing.T) {
	for _, e := range append(envSettings, envCredentials...) {
		t.Setenv(e.name, "")
	}
	paths, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for _, path := range append(paths, "README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := fillTables(t, path, string(text), held)
		switch {
		case want == string(text):
		case !*update:
			t.Errorf("the tables of %s are not what the code says: go test -run README -update .", path)
		default:
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name := range documentTables() {
		// The settings hold what the parameters do, so that one of the two will do.
		if name != "parameters" && !held[name] {
			t.Errorf("no document holds the table %q", name)
		}
	}
}

// fillTables returns the text of a document with the tables that the code makes, and
// notes in held which ones it has.
func fillTables(t *testing.T, path, text string, held map[string]bool) string {
	marked, tables := 0, documentTables()
	filled := markedTable.ReplaceAllStringFunc(text, func(whole string) string {
		marked++
		m := markedTable.FindStringSubmatch(whole)
		table, ok := tables[m[1]]
		if !ok || m[3] != m[1] {
			t.Errorf("%s: no table is called %q and %q", path, m[1], m[3])
			return whole
		}
		held[m[1]] = true
		body := table()
		if path != "README.md" {
			body = strings.ReplaceAll(body, "](#retries)", "](errors-and-retries.md#retries)")
		}
		return "<!-- begin " + m[1] + " -->\n" + body + "<!-- end " + m[1] + " -->\n"
	})
	if n := strings.Count(text, "<!-- begin ") + strings.Count(text, "<!-- end "); n != 2*marked {
		t.Errorf("%s: %d markers, of which %d are those of a table", path, n, 2*marked)
	}
	return filled
}

func paramTable() string {
	var b strings.Builder
	b.WriteString("| parameter | `Config` | default | meaning | also known as |\n|---|---|---|---|---|\n")
	defaults := NewConfig()
	for i := range params {
		p := &params[i]
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", p.name, p.field, defaultCell(p, defaults), p.doc, aliasCell(p))
	}
	return strings.ReplaceAll(b.String(), "|  |", "| |")
}

// defaultCell is the default of a parameter; empty for none.
func defaultCell(p *param, defaults *Config) string {
	value := p.text(defaults)
	switch p.name {
	case "loc":
		value = "UTC"
	case "compression":
		value = "none"
	}
	if value == "" {
		return ""
	}
	return "`" + value + "`"
}

// aliasCell is what a parameter is also known as.
func aliasCell(p *param) string {
	var names []string
	for _, a := range p.aliases {
		name := "`" + a.name + "`"
		switch {
		case strings.HasSuffix(a.name, "_ms"):
			name += " (milliseconds)"
		case a.set != nil && strings.HasPrefix(a.name, "grpc_"):
			name += " (seconds)"
		case a.name == "shouldNotCache":
			name += " (the opposite)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// retryConditions are the columns of the table of retries.
var retryConditions = []struct {
	name string
	condition
}{
	{"wrong colour (456)", wrongStrategy},
	{"session denied", sessionExpired},
	{"denial inside a message", denialMentioned},
	{"cluster suspended (503)", suspended},
	{"no status", mute},
	{"not sent", unsent},
	{"answer lost", noAnswer},
}

var retryActions = map[action]string{
	again: "again", renew: "again, with a new session", restart: "start over", resume: "resume, start over",
}

var errorNames = map[error]string{
	ErrWrongStrategy: "ErrWrongStrategy", ErrSessionExpired: "ErrSessionExpired", ErrClusterSuspended: "ErrClusterSuspended",
	ErrIncompleteResult: "ErrIncompleteResult", ErrAmbiguousExecution: "ErrAmbiguousExecution",
}

// retryTable writes policy. Where the error is reported, it names the error's kind.
func retryTable() string {
	var b strings.Builder
	b.WriteString("| |")
	for _, c := range retryConditions {
		b.WriteString(" " + c.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(retryConditions)) + "\n")
	for _, phase := range []Phase{
		PhaseConnect, PhasePing, PhasePrepare, PhaseExecute, PhaseMetadata, PhaseFetch, PhaseClear, PhaseCancel, PhaseCatalog, PhaseStatus, PhaseExplain,
	} {
		fmt.Fprintf(&b, "| %s |", phase)
		for _, c := range retryConditions {
			text, ok := retryActions[policy[phase][c.condition]]
			if !ok {
				text = reportedAs(phase, c.condition)
			}
			b.WriteString(" " + text + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func reportedAs(phase Phase, c condition) string {
	if phase == PhaseConnect && c == sessionExpired { // see decideAccess
		return "`ErrAuthentication`"
	}
	v := verdict{condition: c, kind: kinds[c]}
	v.decideLoss(&call{phase: phase}, true)
	if name, ok := errorNames[v.kind]; ok {
		return "`" + name + "`"
	}
	return "the engine's error"
}

func envTable() string {
	var b strings.Builder
	b.WriteString("| variable | stands in for | |\n|---|---|---|\n")
	for _, e := range append(envSettings, envCredentials...) {
		param := ""
		if e.param != "" {
			param = "`" + e.param + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.name, param, e.doc)
	}
	return strings.ReplaceAll(b.String(), "|  |", "| |")
}

// Every field of Config but the address has one parameter, and every name
// belongs to one.
func TestParamTable(t *testing.T) {
	t.Parallel()
	fields := map[string]int{}
	names := map[string]int{}
	for i := range params {
		fields[params[i].field]++
		for _, name := range params[i].allNames() {
			names[name]++
			if normalName(name) != name {
				t.Errorf("%s is not in its normal form", name)
			}
		}
		secret := reflect.ValueOf(Config{}).FieldByName(params[i].field).Type() == reflect.TypeFor[Secret]()
		if secret && !params[i].secret {
			t.Errorf("%s is not kept secret", params[i].name)
		}
	}
	for name, n := range names {
		if n != 1 {
			t.Errorf("%s names %d parameters", name, n)
		}
	}
	config := reflect.TypeFor[Config]()
	for field := range config.Fields() {
		if want := 1; fields[field.Name] != want && field.Name != "Host" && field.Name != "Port" {
			t.Errorf("%s has %d parameters", field.Name, fields[field.Name])
		}
	}
}

// Every condition after which something is done again is among the reasons that the
// documentation of hooks lists.
func TestRetryReasonsAreDocumented(t *testing.T) {
	t.Parallel()
	for file, spelling := range map[string]func(string) string{
		"hook.go":              func(reason string) string { return `"` + reason + `"` },
		errorsPage:             func(reason string) string { return "`" + reason + "`" },
		"otele6data/README.md": func(reason string) string { return "`" + strings.ReplaceAll(reason, " ", "_") + "`" },
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for phase, conditions := range policy {
			for c, act := range conditions {
				if act != drop && !strings.Contains(string(text), spelling(c.String())) {
					t.Errorf("%s does not name %q, of %s", file, c, phase)
				}
			}
		}
	}
}
