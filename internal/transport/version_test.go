package transport

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	const module = "github.com/agentclients/agentclients-go"
	other := &debug.Module{Path: "example.com/other", Version: "v9.9.9"}
	for want, modules := range map[string][]*debug.Module{
		"1.2.3":   {other, {Path: module, Version: "v1.2.3"}},
		"devel":   {other, {Path: module, Version: "(devel)"}},
		"1.0.0+x": {{Path: module, Version: "v1.0.0+x"}, other},
	} {
		if got := versionIn(modules); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if versionIn(nil) != "devel" || Version() == "" {
		t.Error(versionIn(nil), Version())
	}
}
