package shell

// IsQuery is exported for tests.
var IsQuery = isQuery

// Continuations is exported for tests.
var Continuations = continuations

// CutCommand is exported for tests.
var CutCommand = cutCommand

// Inputs returns the inputs of a script. A command begins with a backslash.
func Inputs(script string) (texts []string, starts []int) {
	for rest := script; ; {
		at := len(script) - len(rest)
		in, after, ok := nextInput(rest)
		if !ok {
			return texts, starts
		}
		texts, starts = append(texts, in.text), append(starts, at+in.start)
		rest = after
	}
}
