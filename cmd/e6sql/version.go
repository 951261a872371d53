package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// release is the version. The linker sets it in a release: -ldflags "-X main.release=v1.2.3".
var release = ""

// version describes how the program was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	name := release
	if name == "" {
		name = info.Main.Version
	}
	if name == "" {
		name = "(devel)"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "e6sql %s\n", name)
	if rev := settings["vcs.revision"]; rev != "" {
		state := ""
		if settings["vcs.modified"] == "true" {
			state = ", changed"
		}
		fmt.Fprintf(&b, "commit    %s of %s%s\n", rev, settings["vcs.time"], state)
	}
	fmt.Fprintf(&b, "built by  %s for %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	embedded := "yes"
	if settings["CGO_ENABLED"] == "0" {
		embedded = "no (built without cgo)"
	}
	fmt.Fprintf(&b, "embedded  %s\n", embedded)
	return b.String()
}
