package hostile_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/e6data/e6data-go/internal/hostile"
)

func TestTexts(t *testing.T) {
	texts := hostile.Texts()
	if len(texts) < 300 {
		t.Errorf("%d texts", len(texts))
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			t.Errorf("%q is no legal argument", text)
		}
	}
	for _, text := range []string{"'", `\`, `\'`} {
		if !slices.Contains(texts, text) {
			t.Errorf("%q is not one of them", text)
		}
	}
}
