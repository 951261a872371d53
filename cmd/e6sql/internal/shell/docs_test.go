package shell_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumentShowsTheScreens checks that docs/e6sql.md shows the screens as they are.
func TestDocumentShowsTheScreens(t *testing.T) {
	t.Parallel()
	document := readFile(t, filepath.Join("..", "..", "..", "..", "docs", "e6sql.md"))
	entries, err := os.ReadDir(filepath.Join("testdata", "screens"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		screen := readFile(t, filepath.Join("testdata", "screens", e.Name()))
		if e.Name() != "end.txt" && !strings.Contains(document, "```text\n"+screen+"```\n") {
			t.Errorf("docs/e6sql.md does not show this screen (%s) between ```text and ```:\n%s", e.Name(), screen)
		}
	}
}
