// Package version tells the version of this module. It is written nowhere: Go
// takes it from the tag that was fetched, or from the repository that was
// built.
package version

import (
	"runtime/debug"
	"strings"
	"sync"
)

const module = "github.com/agentclients/agentclients-go"

// String is the version of this module in the program that is running, without
// the "v" before it, or "devel" where Go does not know it.
var String = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return of(nil)
	}
	return of(append([]*debug.Module{&info.Main}, info.Deps...))
})

func of(modules []*debug.Module) string {
	for _, m := range modules {
		if m.Path == module && strings.HasPrefix(m.Version, "v") {
			return m.Version[1:]
		}
	}
	return "devel"
}
