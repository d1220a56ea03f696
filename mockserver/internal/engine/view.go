package engine

import (
	"slices"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/script"
)

// view is a world as one API sees it. It is looked at with the lock held.
type view struct {
	w   *World
	api *Emulation
}

func (v *view) Now() time.Time { return v.w.now() }

func (v *view) Entropy(kind string, n int) []byte { return v.w.entropy(v.api.Name, kind, n) }

func (v *view) Later(kind string, id [16]byte) [16]byte {
	return v.w.ids.later(v.api.Name+"."+kind, id)
}

func (v *view) Variant(name string) bool { return v.w.engine.on[v.api][name] }

func (v *view) Accepts(credential string) bool {
	if credential == "" {
		return false
	}
	keys := v.w.APIKeys()
	return len(keys) == 0 || slices.Contains(keys, credential)
}

func (v *view) Reply(turn script.Turn, otherwise script.Reply) *script.Reply {
	return v.w.reply(v.api.Name, turn, otherwise)
}
