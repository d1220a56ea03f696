package transport

import (
	"runtime/debug"
	"strings"
	"sync"
)

// Version is the version of this module in the program that is running,
// without the "v" before it, or "devel" where Go does not know it. It is
// written nowhere: Go takes it from the tag that was fetched, or from the
// repository that was built.
var Version = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versionIn(nil)
	}
	return versionIn(append([]*debug.Module{&info.Main}, info.Deps...))
})

func versionIn(modules []*debug.Module) string {
	for _, m := range modules {
		if m.Path == "github.com/agentclients/agentclients-go" && strings.HasPrefix(m.Version, "v") {
			return m.Version[1:]
		}
	}
	return "devel"
}
