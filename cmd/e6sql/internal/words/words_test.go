package words_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/words"
)

// TestListsAreSorted checks the condition of the binary searches.
func TestListsAreSorted(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]string{"keywords": words.Keywords(), "types": words.Types()} {
		if !slices.IsSorted(list) {
			t.Errorf("the %s are not sorted", name)
		}
		if n := len(slices.Compact(slices.Clone(list))); n != len(list) {
			t.Errorf("the %s have a word twice", name)
		}
	}
	var names []string
	for _, f := range words.Functions() {
		names = append(names, f.Name)
		if f.Name != strings.ToUpper(f.Name) || strings.ContainsAny(f.Name, ", ") || f.Name == "" {
			t.Errorf("the function %q has a malformed name", f.Name)
		}
	}
	if n := len(slices.Compact(slices.Clone(names))); n != len(names) {
		t.Errorf("a function occurs twice")
	}
}

func TestWordsInAnyLetterCase(t *testing.T) {
	t.Parallel()
	if !words.IsKeyword("select") || !words.IsKeyword("WITHIN") || words.IsKeyword("orders") {
		t.Error("IsKeyword is wrong")
	}
	if !words.IsType("Varchar") || words.IsType("select") {
		t.Error("IsType is wrong")
	}
	if !words.IsFunction("date_add") || !words.IsFunction("YEAR") || words.IsFunction("orders") {
		t.Error("IsFunction is wrong")
	}
}
