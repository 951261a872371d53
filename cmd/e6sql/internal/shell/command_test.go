package shell_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/shell"
)

func TestParseCommand(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		name string
		args []string
		rest string
	}{
		`\q`:                            {name: "q"},
		`  \q ; `:                       {name: "q", rest: ";"},
		`\q;`:                           {name: "q"},
		`\d orders;`:                    {name: "d", args: []string{"orders"}, rest: "orders;"},
		`\o 'my file.csv'`:              {name: "o", args: []string{"my file.csv"}, rest: "'my file.csv'"},
		`\i C:\dir\file.sql`:            {name: "i", args: []string{`C:\dir\file.sql`}, rest: `C:\dir\file.sql`},
		`\set who 'it''s me'`:           {name: "set", args: []string{"who", "it's me"}, rest: "who 'it''s me'"},
		`\set x ''`:                     {name: "set", args: []string{"x", ""}, rest: "x ''"},
		"\\explain\tSELECT 1":           {name: "explain", args: []string{"SELECT", "1"}, rest: "SELECT 1"},
		`\chart "Order Date" amount`:    {name: "chart", args: []string{"Order Date", "amount"}, rest: `"Order Date" amount`},
		`\set pre'fix and'"more stuff"`: {name: "set", args: []string{"prefix andmore stuff"}, rest: `pre'fix and'"more stuff"`},
	} {
		c, err := shell.ParseCommand(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		var args []string
		for _, arg := range c.Args {
			args = append(args, arg.Text)
		}
		if c.Name != want.name || c.Rest != want.rest || !slices.Equal(args, want.args) {
			t.Errorf("%s: %q %q %q", line, c.Name, args, c.Rest)
		}
	}
}

func TestParseCommandPaths(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`\d orders`:            "orders",
		`\d sales.orders`:      "sales|orders",
		`\d lake."a.b"."x""y"`: `lake|a.b|x"y`,
		`\d .orders`:           "|orders",
	} {
		c, err := shell.ParseCommand(line)
		if err != nil || len(c.Args) != 1 {
			t.Errorf("%s: %+v, %v", line, c, err)
			continue
		}
		if got := strings.Join(c.Args[0].Path, "|"); got != want {
			t.Errorf("%s: the path is %s", line, got)
		}
	}
}

func TestParseCommandErrors(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`\`:         "no command after it",
		`\ x`:       "no command after it",
		`\o 'file`:  "not closed",
		`\d "a""`:   "not closed",
		`SELECT \q`: "begins with a backslash",
	} {
		if _, err := shell.ParseCommand(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", line, err)
		}
	}
}

// FuzzParseCommand checks that a command's arguments can be written and parsed again.
func FuzzParseCommand(f *testing.F) {
	for _, line := range []string{`\d a.b."c.d"`, `\set x 'it''s'`, `\i C:\x;`, `\o "a`, "\\x\x00\xff ;"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := shell.ParseCommand(line)
		if err != nil {
			return
		}
		if c.Name == "" || strings.ContainsAny(c.Name, " \t\n") {
			t.Errorf("the name is %q", c.Name)
		}
		again := `\` + c.Name + ` `
		for _, arg := range c.Args {
			if strings.Join(arg.Path, ".") != arg.Text {
				t.Errorf("the path %q is not that of %q", arg.Path, arg.Text)
			}
			again += " '" + strings.ReplaceAll(arg.Text, "'", "''") + "'"
		}
		second, err := shell.ParseCommand(again)
		if err != nil || len(second.Args) != len(c.Args) {
			t.Fatalf("%q became %q: %v, %v", line, again, second, err)
		}
		for i, arg := range c.Args {
			if second.Args[i].Text != arg.Text {
				t.Errorf("argument %d is %q and then %q", i, arg.Text, second.Args[i].Text)
			}
		}
	})
}
