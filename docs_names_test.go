package e6data_test

import (
	"go/ast"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents returns the text of every document of the repository, by its path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, path := range repositoryFiles(t, ".md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(text)
	}
	if len(texts) < 10 {
		t.Fatalf("only %d documents", len(texts))
	}
	return texts
}

// repositoryFiles returns the slash-separated paths of the files with an
// extension, without those of testdata and of hidden directories.
func repositoryFiles(t *testing.T, extension string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, extension):
			paths = append(paths, filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

var (
	fences  = regexp.MustCompile("(?ms)^```.*?^```$")
	links   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// Every relative link of a document leads to a file, and its fragment to a
// heading there.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	texts := documents(t)
	count := 0
	for path, text := range texts {
		for _, m := range links.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
			target, fragment, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			count++
			file := path
			if target != "" {
				file = filepath.ToSlash(filepath.Join(filepath.Dir(path), target))
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: the link %s leads nowhere", path, m[1])
				continue
			}
			if fragment != "" && !hasAnchor(texts[file], fragment) {
				t.Errorf("%s: %s has no heading #%s", path, file, fragment)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d links were found", count)
	}
}

// hasAnchor reports whether a document has a heading with the anchor that GitHub
// makes of it.
func hasAnchor(text, anchor string) bool {
	drop := regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
	for _, m := range heading.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
		slug := drop.ReplaceAllString(strings.ToLower(m[1]), "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return true
		}
	}
	return false
}

// codeOf returns the code in a document: fenced blocks and text between backticks.
func codeOf(text string) string {
	rest := fences.ReplaceAllString(text, "")
	return strings.Join(append(fences.FindAllString(text, -1), backticked(rest)...), "\n")
}

var (
	dotted    = regexp.MustCompile(`[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*`)
	optional  = regexp.MustCompile(`^(?:With|Err)[A-Z]`)
	testNames = regexp.MustCompile(`\b(?:Test|Fuzz|Example|Benchmark)(?:[A-Z_]\w*)\b`)
	variables = regexp.MustCompile(`\bE6DATA_[A-Z_]+\b`)
	goFiles   = regexp.MustCompile(`^[\w/.-]+\.go$`)
	functions = regexp.MustCompile(`^(\w+)\(\)$`)
)

// The Go names in documents exist: a name of one of the packages, a member of one of the driver's types, an error variable, an
// option, a test, an environment variable or a file.
func TestDocumentedNamesExist(t *testing.T) {
	t.Parallel()
	packages := map[string]exported{}
	for name, dir := range map[string]string{
		"e6data": ".", "arrowe6data": "arrowe6data", "bune6data": "bune6data", "emulator": "emulator", "enginetest": "enginetest", "goosee6data": "goosee6data", "gorme6data": "gorme6data", "migratee6data": "migratee6data", "otele6data": "otele6data", "strategy": "strategy", "thriftrows": "thriftrows", "wire": "wire",
	} {
		packages[name] = exportedNames(t, dir)
	}
	var code, tests strings.Builder
	sources := repositoryFiles(t, ".go")
	for _, path := range sources {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
		if strings.HasSuffix(path, "_test.go") {
			tests.WriteString("\n")
			tests.Write(text)
		}
	}
	for path, text := range documents(t) {
		if path == "CHANGELOG.md" {
			continue // it lists names of former versions
		}
		for _, name := range dotted.FindAllString(codeOf(text), -1) {
			if missing(packages, strings.Split(name, ".")) {
				t.Errorf("%s: there is no %s", path, name)
			}
		}
		for _, name := range testNames.FindAllString(codeOf(text), -1) {
			// The samples of these two name tests that their readers would write.
			if path != "CONTRIBUTING.md" && path != "README.md" && !strings.Contains(tests.String(), "\nfunc "+name+"(") {
				t.Errorf("%s: there is no %s", path, name)
			}
		}
		for _, name := range variables.FindAllString(codeOf(text), -1) {
			if !strings.Contains(code.String(), `"`+name+`"`) {
				t.Errorf("%s: there is no %s", path, name)
			}
		}
		for _, word := range backticked(fences.ReplaceAllString(text, "")) {
			if goFiles.MatchString(word) && !anySuffix(sources, word) {
				t.Errorf("%s: there is no file %s", path, word)
			}
			if m := functions.FindStringSubmatch(word); m != nil && strings.HasSuffix(path, "architecture.md") &&
				!regexp.MustCompile(`func (\([^)]*\) )?`+m[1]+`\(`).MatchString(code.String()) {
				t.Errorf("%s: there is no function %s", path, m[1])
			}
		}
	}
}

// Each row of docs/what-others-got-wrong.md links an issue under its own name, and
// names a test. TestDocumentedNamesExist holds that there is such a test.
func TestOthersMistakesHaveTests(t *testing.T) {
	t.Parallel()
	issue := regexp.MustCompile(`^ \[([\w.-]+/[\w.-]+)#(\d+)\]\(https://github\.com/([\w.-]+/[\w.-]+)/issues/(\d+)\) $`)
	seen := map[string]bool{}
	for line := range strings.Lines(documents(t)["docs/what-others-got-wrong.md"]) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || cells[1] == " issue " || cells[1] == "---" {
			continue
		}
		m := issue.FindStringSubmatch(cells[1])
		if m == nil || m[1] != m[3] || m[2] != m[4] || seen[m[0]] {
			t.Errorf("%s is no issue, or a second time", cells[1])
			continue
		}
		seen[m[0]] = true
		for _, name := range backticked(cells[4]) {
			if testNames.FindString(name) != name {
				t.Errorf("%s: %s is no test", m[0], name)
			}
		}
		if len(backticked(cells[4])) == 0 {
			t.Errorf("%s: no test", m[0])
		}
	}
	if len(seen) < 25 {
		t.Errorf("only %d issues", len(seen))
	}
}

// missing reports whether a dotted name should be one of the packages', and is not:
// a name after a package's, a member after a type's, an option or an error variable.
// Other names belong to other packages.
func missing(packages map[string]exported, name []string) bool {
	if in, ok := packages[name[0]]; ok {
		if len(name) < 2 || !ast.IsExported(name[1]) {
			return false // such as a directory, or a DSN's scheme
		}
		return lacks([]exported{in}, name[1:])
	}
	all := slices.Collect(maps.Values(packages))
	declared := slices.ContainsFunc(all, func(names exported) bool { _, ok := names[name[0]]; return ok })
	switch {
	case declared && ast.IsExported(name[0]):
		return lacks(all, name)
	case len(name) == 1 && optional.MatchString(name[0]):
		return true
	}
	return false
}

// lacks reports whether none of the packages has a name and, where one follows,
// its member.
func lacks(packages []exported, name []string) bool {
	for _, names := range packages {
		members, ok := names[name[0]]
		if ok && (len(name) < 2 || !ast.IsExported(name[1]) || members == nil || members[name[1]]) {
			return false
		}
	}
	return true
}

func anySuffix(paths []string, file string) bool {
	for _, path := range paths {
		if path == file || strings.HasSuffix(path, "/"+file) {
			return true
		}
	}
	return false
}

// lastCells returns the last cell of each row of a document's tables.
func lastCells(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			b.WriteString(cells[len(cells)-2] + "\n")
		}
	}
	return b.String()
}

// A word that looks like a parameter of a DSN is one. The pages on the protocol and on
// Python have tests of their own.
func TestDocumentedParametersExist(t *testing.T) {
	t.Parallel()
	// Words of the protocol, of Go and of OpenTelemetry.
	others := map[string]bool{
		"new_strategy": true, "ambiguous_execution": true, "incomplete_result": true, "query_cancelled": true,
		"token_unavailable": true, "wrong_strategy": true, "session_expired": true, "cluster_suspended": true,
		"not_running": true, "malformed_result": true, "not_sent": true, "no_answer": true, "token_refused": true,
		"invalid_client": true, "total_query_time": true,
	}
	looks := regexp.MustCompile(`^([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:=.*)?$|^([a-z]+)=\S+$`)
	pair := regexp.MustCompile(`[?&]([A-Za-z_-]+)=`)
	count := 0
	for path, text := range documents(t) {
		switch path {
		case "docs/protocol.md", "docs/coming-from-python.md", "CHANGELOG.md":
			continue
		case "docs/coming-from-other-go-drivers.md":
			text = lastCells(text) // the others' settings are in the first column
		}
		if !strings.HasPrefix(path, "docs/") && path != "README.md" && path != "SECURITY.md" && path != "CONTRIBUTING.md" {
			continue
		}
		var names []string
		for _, word := range backticked(fences.ReplaceAllString(text, "")) {
			if m := looks.FindStringSubmatch(word); m != nil {
				names = append(names, m[1]+m[2])
			}
		}
		for _, m := range pair.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		for _, name := range names {
			count++
			if !others[name] && !isParameter(name) {
				t.Errorf("%s: a DSN has no %s", path, name)
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d parameters were found", count)
	}
}

// The page on the architecture lists every file of the root package once.
func TestArchitectureListsFiles(t *testing.T) {
	t.Parallel()
	_, list, ok := strings.Cut(documents(t)["docs/architecture.md"], "\n## Files of the root package\n")
	if !ok {
		t.Fatal("there is no list of files")
	}
	list, _, _ = strings.Cut(list, "\n## ")
	listed := map[string]int{}
	for line := range strings.Lines(list) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, file := range backticked(cells[1]) {
				listed[file]++
			}
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") && listed[file] != 1 {
			t.Errorf("%s is listed %d times", file, listed[file])
		}
	}
}

// The messages that docs/troubleshooting.md explains are messages of the driver:
// each piece between backticks is in the text of a Go file. Texts of gRPC, database/sql
// and proxies are left out.
func TestTroubleshootingMessagesExist(t *testing.T) {
	t.Parallel()
	others := map[string]bool{"converting NULL to": true, "502": true}
	var code strings.Builder
	for _, path := range repositoryFiles(t, ".go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	in, count := false, 0
	for line := range strings.Lines(documents(t)["docs/troubleshooting.md"]) {
		cells := strings.Split(line, "|")
		switch {
		case len(cells) < 4:
			in = false
			continue
		case strings.TrimSpace(cells[1]) == "message":
			in = true
			continue
		case !in:
			continue
		}
		for _, piece := range backticked(cells[1]) {
			count++
			if !others[piece] && !strings.HasPrefix(piece, "unexpected HTTP status") && !strings.Contains(code.String(), piece) {
				t.Errorf("no message has %q", piece)
			}
		}
	}
	if count < 70 {
		t.Errorf("only %d messages were found", count)
	}
}
