package shell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Command is a parsed line that begins with a backslash.
type Command struct {
	// Name is the word after the backslash, such as "dt".
	Name string
	// Args are the words after the name.
	Args []Arg
	// Rest is the text after the name, without white space around it. It serves commands
	// that take a statement.
	Rest string
}

// Arg is an argument of a command. A word may have parts in quotes: 'it”s', "My Table".
type Arg struct {
	// Text is the argument without its quotes.
	Text string
	// Path holds the parts of Text between the dots that are not in quotes, as in
	// catalog.schema."a.b".
	Path []string
}

// CommandError is the error of a line that is no command.
type CommandError struct{ Reason string }

func (e *CommandError) Error() string { return e.Reason }

// ParseCommand parses a line that begins with a backslash. A backslash has no meaning in
// the arguments, so that they may be paths of Windows. In quotes a doubled quote is a
// quote. If a quote is not closed, ParseCommand returns the name and the rest with the
// error, because the rest may be a statement.
func ParseCommand(line string) (Command, error) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, `\`) {
		return Command{}, &CommandError{Reason: `a command begins with a backslash`}
	}
	name, rest := line[1:], ""
	if i := strings.IndexFunc(name, unicode.IsSpace); i >= 0 {
		name, rest = name[:i], strings.TrimSpace(name[i:])
	}
	name = strings.TrimRight(name, ";")
	if name == "" {
		return Command{}, &CommandError{Reason: `the backslash has no command after it: \help lists the commands`}
	}
	c := Command{Name: name, Rest: rest}
	for !onlySemicolons(rest) {
		arg, n, err := parseArg(rest)
		if err != nil {
			return Command{Name: c.Name, Rest: c.Rest}, err
		}
		c.Args = append(c.Args, arg)
		rest = strings.TrimLeftFunc(rest[n:], unicode.IsSpace)
	}
	return c, nil
}

// onlySemicolons reports whether s has nothing except white space and semicolons: people
// end commands as they end statements.
func onlySemicolons(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool { return r == ';' || unicode.IsSpace(r) }) == ""
}

// parseArg parses the argument at the start of s, which does not begin with white space.
// It returns the argument's length.
func parseArg(s string) (arg Arg, n int, err error) {
	var text, part strings.Builder
	var quote rune
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		piece := s[n : n+size]
		n += size
		switch {
		case quote != 0 && r == quote && strings.HasPrefix(s[n:], string(quote)):
			n += size
			text.WriteString(piece)
			part.WriteString(piece)
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote == 0 && unicode.IsSpace(r):
			n -= size
			return end(arg, &text, &part), n, nil
		case quote == 0 && r == ';' && onlySemicolons(s[n:]):
			return end(arg, &text, &part), len(s), nil
		case quote == 0 && r == '.':
			arg.Path = append(arg.Path, part.String())
			part.Reset()
			text.WriteString(piece)
		default:
			text.WriteString(piece)
			part.WriteString(piece)
		}
	}
	if quote != 0 {
		return Arg{}, 0, &CommandError{Reason: fmt.Sprintf("the argument %s has a %c that is not closed", s, quote)}
	}
	return end(arg, &text, &part), n, nil
}

// end completes an argument.
func end(arg Arg, text, part *strings.Builder) Arg {
	arg.Text = text.String()
	arg.Path = append(arg.Path, part.String())
	return arg
}
