package app

import (
	"fmt"
	"runtime/debug"

	"github.com/creditpocket/creditpocket/server"
)

// release is the version of the build; the linker sets it for a release.
var release = "development"

// BuildVersion says which build runs, from what the compiler recorded.
func BuildVersion() server.Version {
	v := server.Version{Version: release}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.BuiltAt = s.Value
		}
	}
	return v
}

// Version is the build in one line.
func Version() string {
	v := BuildVersion()
	return fmt.Sprintf("creditpocket %s commit %s built %s", v.Version, orUnknown(v.Commit), orUnknown(v.BuiltAt))
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
