// Package shell is the interactive part of e6sql: it reads statements and commands from
// a terminal, runs them, and cancels them on the engine when the user presses Ctrl-C.
package shell
