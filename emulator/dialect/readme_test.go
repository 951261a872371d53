package dialect

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The README lists the package's functions.
func TestReadmeListsFunctions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(text), "## Functions\n")
	list, choices, ok2 := strings.Cut(list, "\n## ")
	if !ok || !ok2 {
		t.Fatal("the README has no section Functions with another one behind it")
	}
	list, refused, ok := strings.Cut(list, "Refused")
	if !ok {
		t.Fatal("the README does not list the functions that are refused")
	}
	names := regexp.MustCompile("`([A-Z][A-Z0-9_]*)`")
	listed := func(text string) (out []string) {
		for _, m := range names.FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return out
	}
	var want []string
	for name := range functions {
		want = append(want, strings.ToUpper(name))
	}
	slices.Sort(want)
	if got := listed(list); !slices.Equal(got, want) {
		t.Errorf("functions:\n got %s\nwant %s", got, want)
	}
	if got, want := listed(refused), slices.Sorted(maps.Keys(refusedFunctions)); !slices.Equal(got, want) {
		t.Errorf("refused functions:\n got %s\nwant %s", got, want)
	}
	if choices == "" {
		t.Error("nothing follows")
	}
}
