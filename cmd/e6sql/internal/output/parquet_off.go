//go:build !arrow

package output

// arrowFormats is empty, because the program was built without the tag arrow.
var arrowFormats map[string]constructor
