package sqltext

import "testing"

func TestScanner(t *testing.T) {
	t.Parallel()
	const src = "SELECT f('é''', ?) -- x\n, \"a"
	s := NewScanner(src)
	want := lex(src)
	for _, w := range want {
		got, ok := s.Next()
		if !ok || got != (Token{Kind: w.kind, Start: w.start, End: w.end, Open: w.open}) {
			t.Errorf("got %+v, %v, want %+v", got, ok, w)
		}
	}
	if got, ok := s.Next(); ok {
		t.Errorf("a token at the end: %+v", got)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	const src = "aé\nbc\n"
	for offset, want := range map[int][2]int{0: {1, 1}, 3: {1, 3}, 4: {2, 1}, 5: {2, 2}, len(src): {3, 1}} {
		if line, column := Place(src, offset); [2]int{line, column} != want {
			t.Errorf("byte %d: line %d, column %d, want %v", offset, line, column, want)
		}
	}
}
