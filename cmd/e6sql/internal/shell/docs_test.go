package shell_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumentShowsTheScreens checks that docs/e6sql.md shows the screens as they are.
// There, the line <!-- screen NAME --> stands before the block of a screen. With -update
// the blocks are written anew.
func TestDocumentShowsTheScreens(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "docs", "e6sql.md")
	document := readFile(t, path)
	entries, err := os.ReadDir(filepath.Join("testdata", "screens"))
	if err != nil {
		t.Fatal(err)
	}
	const fence = "```\n"
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".txt")
		if name == "end" { // it shows what completion shows, at the end of a screen
			continue
		}
		mark := "<!-- screen " + name + " -->\n```text\n"
		before, after, ok := strings.Cut(document, mark)
		shown, after, ended := strings.Cut(after, fence)
		if !ok || !ended {
			t.Errorf("docs/e6sql.md has no block after the line <!-- screen %s -->", name)
			continue
		}
		screen := readFile(t, filepath.Join("testdata", "screens", e.Name()))
		if shown != screen && !*update {
			t.Errorf("docs/e6sql.md shows another screen %s (go test -run Document -update writes it anew, after the screens):\n%s", name, shown)
		}
		document = before + mark + screen + fence + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
