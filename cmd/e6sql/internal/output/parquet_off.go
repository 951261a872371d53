//go:build noarrow

package output

// arrowFormats is empty, because the program was built without package arrowe6data.
var arrowFormats map[string]constructor
