package sqltext

import (
	"strings"
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

var kindNames = [...]string{"blank", "comment", "text", "binary", "identifier", "word", "number", "operator", "positional", "named", "numbered"}

// lex returns all tokens of src.
func lex(src string) (out []token) {
	l := lexer{src: src}
	for {
		t, ok := l.next()
		if !ok {
			return out
		}
		out = append(out, t)
	}
}

// show formats tokens except blanks as kind(text), with a ! after an open one.
func show(src string) string {
	var out []string
	for _, t := range lex(src) {
		if t.kind == tokBlank {
			continue
		}
		s := kindNames[t.kind] + "(" + src[t.start:t.end] + ")"
		if t.open {
			s += "!"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestLex(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		{"", ""},
		{" \t\r\n\f\v\u00a0\u3000", ""},
		// Strings.
		{`''`, `text('')`},
		{`'a''b'`, `text('a''b')`},
		{`'a\'b'`, `text('a\'b')`},
		{`'a\\''b'`, `text('a\\''b')`},
		{`'a\\' 'b'`, `text('a\\') text('b')`},
		{`'--' '//' '/*' '?:x@y'`, `text('--') text('//') text('/*') text('?:x@y')`},
		{`'a`, `text('a)!`},
		{`'a''`, `text('a'')!`},
		{`'a\'`, `text('a\')!`},
		{`'a\`, `text('a\)!`},
		{"'a\nb'", "text('a\nb')"},
		{`X'CAFE' x'' aX'0'`, `binary(X'CAFE') binary(x'') word(aX) text('0')`},
		{`X'0`, `binary(X'0)!`},
		{`X 'a'`, `word(X) text('a')`},
		// Names.
		{`"a""b?" "a\"`, `identifier("a""b?") identifier("a\")`},
		{"`a``?`", "identifier(`a``?`)"},
		{`"a`, `identifier("a)!`},
		{"`a``", "identifier(`a``)!"},
		{`a _b c1 größe नाम x̂ $d`, `word(a) word(_b) word(c1) word(größe) word(नाम) word(x̂) operator($) word(d)`},
		// Comments.
		{"-- a ? 'b\n?", "comment(-- a ? 'b) positional(?)"},
		{"// a ? 'b\n?", "comment(// a ? 'b) positional(?)"},
		{"-- a\r? \n?", "comment(-- a) positional(?) positional(?)"},
		{"-- a\r\n? // b\r'c'", "comment(-- a) positional(?) comment(// b) text('c')"},
		{"-- a\u2028? \f?\n?", "comment(-- a\u2028? \f?) positional(?)"},
		{"/* ? ' */?", "comment(/* ? ' */) positional(?)"},
		{"/*/ ? */", "comment(/*/ ? */)"},
		{"/* /* ? */ ? */", "comment(/* /* ? */) positional(?) operator(*) operator(/)"},
		{"/* a", "comment(/* a)!"},
		{"a--5", "word(a) comment(--5)"},
		{"a - -5", "word(a) operator(-) operator(-) number(5)"},
		{"8/2", "number(8) operator(/) number(2)"},
		{"-->", "comment(-->)"},
		// Numbers.
		{"1 1.5 .5 1. 1e5 1E+5 1.5e-7 .5E1", "number(1) number(1.5) number(.5) number(1.) number(1e5) number(1E+5) number(1.5e-7) number(.5E1)"},
		{"1e 1e+ 0x1F 1..2 t.1", "number(1) word(e) number(1) word(e) operator(+) number(0) word(x1F) number(1.) number(.2) word(t) number(.1)"},
		// Operators.
		{"a::b a:=b a->b a->>b a=>b a||b <=>", "word(a) operator(::) word(b) word(a) operator(:=) word(b) word(a) operator(->) word(b) word(a) operator(->>) word(b) word(a) operator(=>) word(b) word(a) operator(||) word(b) operator(<=>)"},
		{"a @> b @@c", "word(a) operator(@>) word(b) operator(@@) word(c)"},
		{"\xff€\x00", "operator(\xff) operator(€) operator(\x00)"},
		// Placeholders.
		{"? ?? ?::int", "positional(?) positional(?) positional(?) positional(?) operator(::) word(int)"},
		{":a @b =:c(:d,@e) :_f :größe1 :नाम", "named(:a) named(@b) operator(=) named(:c) operator(() named(:d) operator(,) named(@e) operator()) named(:_f) named(:größe1) named(:नाम)"},
		{"x::int x:::a", "word(x) operator(::) word(int) word(x) operator(::) named(:a)"},
		{"v:f u@h a[1:n] f():g \"q\":h 'x':y ?:z :k:l", `word(v) operator(:) word(f) word(u) operator(@) word(h) word(a) operator([) number(1) operator(:) word(n) operator(]) word(f) operator(() operator()) operator(:) word(g) identifier("q") operator(:) word(h) text('x') operator(:) word(y) positional(?) operator(:) word(z) named(:k) operator(:) word(l)`},
		{"a[:n] a[1: n] a[1 :n] :1 : a", "word(a) operator([) named(:n) operator(]) word(a) operator([) number(1) operator(:) word(n) operator(]) word(a) operator([) number(1) named(:n) operator(]) numbered(:1) operator(:) word(a)"},
		{"?1 $1 :1 ?12::int $99999", "numbered(?1) numbered($1) numbered(:1) numbered(?12) operator(::) word(int) numbered($99999)"},
		{"?0 $0 :0 ?01 $123456 ?123456", "positional(?) number(0) operator($) number(0) operator(:) number(0) positional(?) number(01) operator($) number(123456) positional(?) number(123456)"},
		{"?1.5 $1.5 :1e5 :1a $1_ $1é ?1.x", "positional(?) number(1.5) operator($) number(1.5) operator(:) number(1e5) operator(:) number(1) word(a) operator($) number(1) word(_) operator($) number(1) word(é) numbered(?1) operator(.) word(x)"},
		{"a$1 a:1 a[1:2] t.$1 t.:n f()$1 x?1 -$1+:1", "word(a) operator($) number(1) word(a) operator(:) number(1) word(a) operator([) number(1) operator(:) number(2) operator(]) word(t) operator(.) operator($) number(1) word(t) operator(.) operator(:) word(n) word(f) operator(() operator()) operator($) number(1) word(x) numbered(?1) operator(-) numbered($1) operator(+) numbered(:1)"},
		{"a/**/:n", "word(a) comment(/**/) named(:n)"},
	}
	for _, tt := range tests {
		if got := show(tt.src); got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

func TestLexNested(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"/* a */": false, "/**/": false, "/*/ a */": false, "/* /* */": true, "/* /*/": true, "/*/*/": true, "/* // */": false, "-- /* /*": false,
	} {
		if got := lex(src)[0].nested; got != want {
			t.Errorf("%q: %v", src, got)
		}
	}
}

func TestLexUnsure(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"-- a": false, "-- a\n": false, "-- a\r\n": false, "-- a\r": true, "-- a\rb": true, "-- a\r\r\n": true, "// a\r b\n": true, "// é\t日\n": false,
		"-- a\u2028b": true, "-- a\u2029": true, "-- a\u0085": true, "-- \v": true, "-- \f": true, "-- \x1c": true, "/* a\r\u2028 */": false, "'\r'": false,
	} {
		if got := lex(src)[0].unsure; got != want {
			t.Errorf("%q: %v", src, got)
		}
	}
}

// TestLexHuge checks that no input is too long or too deep.
func TestLexHuge(t *testing.T) {
	t.Parallel()
	const n = 1 << 17
	for _, part := range []string{"'", `\'`, `"`, "/*", "*/", "(", ")", "?", ":a", "@", "--\n", "a ", "1.", "::", "\x80", "(?,", "IN(?", ";"} {
		src := strings.Repeat(part, n/len(part))
		tokens := lex(src)
		if len(tokens) == 0 || tokens[len(tokens)-1].end != len(src) {
			t.Errorf("%q: %d tokens, not to the end", part, len(tokens))
		}
		if s, err := Parse(src); err == nil && s.Text() == "" {
			t.Errorf("%q: no text", part)
		}
	}
}

// oracle returns the values of strings and binary literals as enginetest parses
// them.
func oracle(src string) ([]string, error) {
	literals, err := enginetest.Literals(src)
	var out []string
	for _, l := range literals {
		switch l.Kind {
		case "STRING", "BINARY", "DATE", "TIMESTAMP", "TIMESTAMP_TZ":
			out = append(out, l.Value)
		}
	}
	return out, err
}

// unquote returns the value of a string's or binary literal's token.
func unquote(tok string) string {
	tok = strings.TrimLeft(tok, "xX")
	tok = tok[1 : len(tok)-1]
	var b strings.Builder
	for i := 0; i < len(tok); i++ {
		c := tok[i]
		switch {
		case c == '\'':
			i++
		case c == '\\':
			i++
			c = tok[i]
			if at := strings.IndexByte("nrt", c); at >= 0 {
				c = "\n\r\t"[at]
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// FuzzLex checks that the tokens cover any input without gaps, and that a parser of
// another design finds the same literals. A string in the place of each placeholder
// must add one literal there and change no other. So no placeholder is in a literal, a
// quoted name or a comment.
func FuzzLex(f *testing.F) {
	for _, src := range []string{
		"select ?, 'a', :b, @c::int -- ?\n, /* ? */ \"?\" // ?", `'a''b\'?' ?`, "X'00' ? N'x'?", "a[1:n]:m@x", "'a", "/* /* ? */ ? */",
		"date '2024-01-31' timestamp_tz 'x'", "`?`", "1.5e+?", ";", "--\r?\n?", "\xff'\xff'?", "':a'':b':c", "$1::int, ?2 :3.5 :4-'a'", "x'?'", "۳:۳a",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		pos, open := 0, false
		var own []string
		var marked strings.Builder
		for _, tok := range lex(src) {
			if tok.start != pos || tok.end <= tok.start || tok.end > len(src) {
				t.Fatalf("token %+v at %d", tok, pos)
			}
			if open {
				t.Fatalf("token %+v after an open one", tok)
			}
			piece := src[pos:tok.end]
			pos, open = tok.end, tok.open
			switch {
			case tok.kind == tokPositional && piece != "?", tok.kind == tokNamed && nameLen(piece[1:]) != len(piece)-1:
				t.Fatalf("placeholder %q", piece)
			case tok.kind == tokNumbered && ordinalLen(piece[1:]) != len(piece)-1:
				t.Fatalf("placeholder %q", piece)
			case tok.kind == tokPositional, tok.kind == tokNamed, tok.kind == tokNumbered:
				own = append(own, "mark")
				marked.WriteString(" 'mark' ")
				continue
			case !tok.open && (tok.kind == tokText || tok.kind == tokBinary):
				own = append(own, unquote(piece))
			}
			marked.WriteString(piece)
		}
		if pos != len(src) {
			t.Fatalf("the tokens end at %d of %d", pos, len(src))
		}
		other, err := oracle(marked.String())
		if err != nil {
			if !open && !strings.Contains(err.Error(), "malformed") {
				t.Fatalf("the other reader: %v", err)
			}
			return
		}
		if open {
			t.Fatal("the other reader sees no open token")
		}
		if strings.Join(own, "\x00") != strings.Join(other, "\x00") {
			t.Fatalf("literals %q, by the other reader %q", own, other)
		}
		if s, err := Parse(src); err == nil {
			if again, err := Parse(s.Text()); err != nil || again.Text() != s.Text() || len(again.marks) != len(s.marks) {
				t.Fatalf("Text %q is not the parsed text: %v", s.Text(), err)
			}
		}
	})
}
