package main

import (
	"os"
	"strings"
	"testing"
)

// docs/performance.md shows the tables of -absolute: every figure that it prints now has
// a row there.
func TestPageHasEveryFigure(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if !strings.Contains(string(page), "\n| "+f.name+" | ") {
			t.Errorf("the page has no row %q", f.name)
		}
	}
	for _, f := range others {
		if !strings.Contains(string(page), "\n| "+f.name+" | ") {
			t.Errorf("the page has no row %q", f.name)
		}
	}
}
