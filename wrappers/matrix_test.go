package wrappers

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// Each wrapper loses exactly the properties in its entry. A wrapper that keeps more
// also fails the test, so that the documentation is updated.
func TestWrappers(t *testing.T) {
	for _, w := range wrappers {
		for _, p := range properties {
			t.Run(w.name+"/"+p.name, func(t *testing.T) {
				f := newFixture(t, w)
				err := p.check(within(t, time.Minute), f)
				switch {
				case err != nil && !w.loses[p.name]:
					t.Error("is lost:", err)
				case err == nil && w.loses[p.name]:
					t.Error("is not lost any more")
				}
			})
		}
	}
}

// Every name in a wrapper's loses is a property.
func TestLostPropertiesExist(t *testing.T) {
	known := map[string]bool{}
	for _, p := range properties {
		known[p.name] = true
	}
	for _, w := range wrappers {
		for name := range w.loses {
			if !known[name] {
				t.Errorf("%s loses %s, which is not a property", w.name, name)
			}
		}
	}
}

// table returns the matrix in the form of the documentation.
func table() string {
	head, rule := "|", "|---|"
	for _, w := range wrappers[1:] {
		head += " | " + w.name
		rule += "---|"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s |\n%s\n", head, rule)
	for _, p := range properties {
		b.WriteString("| " + p.name)
		for _, w := range wrappers[1:] {
			cell := "yes"
			if w.loses[p.name] {
				cell = "**no**"
			}
			b.WriteString(" | " + cell)
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

func TestDocumentedMatrix(t *testing.T) {
	const path = "../docs/pools-and-wrappers.md"
	text, err := os.ReadFile(path)
	must(t, err)
	if !strings.Contains(string(text), table()) {
		t.Errorf("%s must contain:\n%s", path, table())
	}
}

// The module could not be downloaded when the matrix was made. To add it, add an entry to
// wrappers.
func TestGoSQLProxy(t *testing.T) {
	t.Skip("SKIPPED: github.com/shogo82148/go-sql-proxy is not in the matrix: the module could not be downloaded")
}
