package shell

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/progress"
)

// toggle sets a switch to the argument of a command, or to its opposite, and says so.
func (s *Shell) toggle(in invocation, on *bool) error {
	switch strings.ToLower(in.arg(0)) {
	case "":
		*on = !*on
	case "on":
		*on = true
	case "off":
		*on = false
	default:
		return in.self.usage()
	}
	s.say("%s is %s", in.self.name, onOrOff(*on))
	return nil
}

func onOrOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (s *Shell) timing(_ context.Context, in invocation) error   { return s.toggle(in, &s.Timing) }
func (s *Shell) progress(_ context.Context, in invocation) error { return s.toggle(in, &s.Progress) }

// expand changes between a table and a line for each value.
func (s *Shell) expand(_ context.Context, in invocation) error {
	modes := map[string]output.Expand{"on": output.ExpandAlways, "off": output.ExpandNever, "auto": output.ExpandAuto}
	name := strings.ToLower(in.arg(0))
	if name == "" {
		name = "on"
		if s.Output.Expand == output.ExpandAlways {
			name = "auto"
		}
	}
	mode, ok := modes[name]
	if !ok {
		return in.self.usage()
	}
	s.Output.Expand = mode
	s.say("x is %s", name)
	return nil
}

// textFormats returns the formats that a terminal can show.
func textFormats() []string {
	return slices.DeleteFunc(output.Formats(), func(name string) bool {
		_, err := output.New(name, io.Discard, output.Options{Terminal: true})
		return err != nil
	})
}

// format changes the format of results.
func (s *Shell) format(_ context.Context, in invocation) error {
	name, formats := in.arg(0), textFormats()
	switch {
	case name == "":
		s.say("the format is %s: the formats are %s", s.Format, strings.Join(formats, ", "))
		return nil
	case !slices.Contains(formats, name) && slices.Contains(output.Formats(), name):
		return &CommandError{fmt.Sprintf(`%s is for files: \copy writes them`, name)}
	case !slices.Contains(formats, name):
		return &CommandError{fmt.Sprintf("there is no format %s: the formats are %s", name, strings.Join(formats, ", "))}
	}
	s.Format = name
	s.say("the format is %s", name)
	return nil
}

// set shows variables and settings, or changes one.
func (s *Shell) set(_ context.Context, in invocation) error {
	name, value := in.Rest, ""
	if i := strings.IndexAny(name, " \t="); i >= 0 {
		name, value = name[:i], strings.TrimLeft(name[i:], " \t=")
	}
	if value == "" {
		return s.showVariables(name)
	}
	switch name {
	case "query_timeout":
		d, err := seconds(value)
		if err != nil {
			return &CommandError{fmt.Sprintf("query_timeout %s is not understood: write seconds or 90s, 5m; 0 is no bound", value)}
		}
		s.Session.SetTimeout(d)
	case "cache":
		if value != "on" && value != "off" {
			return &CommandError{`write \set cache on or \set cache off`}
		}
		s.Session.SetCache(value == "on")
	default:
		return s.Session.SetVar(name, value)
	}
	return nil
}

// showVariables shows the variables and settings, or the one with a name.
func (s *Shell) showVariables(name string) error {
	timeout := "0"
	if d := s.Session.Timeout(); d > 0 {
		timeout = progress.Duration(d)
	}
	vars := s.Session.Vars()
	rows := [][]string{{"query_timeout", timeout}, {"cache", onOrOff(s.Session.Cache())}}
	for _, key := range slices.Sorted(maps.Keys(vars)) {
		rows = append(rows, []string{key, vars[key].Text})
	}
	if name != "" {
		rows = slices.DeleteFunc(rows, func(row []string) bool { return row[0] != name })
		if len(rows) == 0 {
			return &CommandError{fmt.Sprintf(`there is no variable %s: \set %s VALUE sets it`, name, name)}
		}
	}
	return s.list([]string{"name", "value"}, rows)
}

// unset removes a variable.
func (s *Shell) unset(_ context.Context, in invocation) error {
	if !s.Session.UnsetVar(in.arg(0)) {
		return &CommandError{fmt.Sprintf("there is no variable %s", in.arg(0))}
	}
	return nil
}

// strategy shows the colour of the latest query.
func (s *Shell) strategy(context.Context, invocation) error {
	if color := s.Session.Strategy(); color != "" {
		s.say("the latest query ran on %s", color)
		return nil
	}
	s.say("no query has run, so that no colour is known")
	return nil
}

// connection shows to what the shell is connected.
func (s *Shell) connection(context.Context, invocation) error {
	return s.list([]string{"name", "value"}, [][]string{
		{"host", s.Session.Host()},
		{"user", cmp.Or(s.Session.User(), "(OAuth)")},
		{"catalog", cmp.Or(s.Session.Catalog(), "(the engine's default)")},
		{"schema", s.Session.Schema()},
		{"strategy", cmp.Or(s.Session.Strategy(), "(no query has run)")},
	})
}
