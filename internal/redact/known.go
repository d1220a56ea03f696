package redact

import (
	"runtime"
	"slices"
	"sync"
)

// known are the hiders of the secrets of all clients there are, by how the
// spellings of the secrets begin: a text is gone through once, however many
// clients there are.
var known = struct {
	sync.RWMutex
	hiders map[string][]*hider
}{hiders: make(map[string][]*hider)}

type hider struct{ hide func(string) string }

// HiderFor is Hider that has [Known] hide the secrets, too, for as long as
// their owner is used.
func HiderFor[T any](owner *T, secrets []string) func(string) string {
	all := allSpellings(secrets)
	beginnings := make([]string, len(all))
	for i, spelling := range all {
		beginnings[i] = spelling[:shortest]
	}
	beginnings = slices.Compact(beginnings) // they are sorted
	h := &hider{hiderOf(all)}
	known.Lock()
	defer known.Unlock()
	for _, beginning := range beginnings {
		known.hiders[beginning] = append(known.hiders[beginning], h)
	}
	runtime.AddCleanup(owner, func(h *hider) { forget(h, beginnings) }, h)
	return h.hide
}

func forget(h *hider, beginnings []string) {
	known.Lock()
	defer known.Unlock()
	for _, beginning := range beginnings {
		left := slices.DeleteFunc(known.hiders[beginning], func(other *hider) bool { return other == h })
		if known.hiders[beginning] = left; len(left) == 0 {
			delete(known.hiders, beginning)
		}
	}
}

// Known puts the placeholder in the place of the secrets of all clients in a
// text. It is for what is said without a client at hand.
func Known(text string) string {
	var found []*hider
	known.RLock()
	for i := 0; i+shortest <= len(text); i++ {
		for _, h := range known.hiders[text[i:i+shortest]] {
			if !slices.Contains(found, h) {
				found = append(found, h)
			}
		}
	}
	known.RUnlock()
	for _, h := range found {
		text = h.hide(text)
	}
	return text
}
