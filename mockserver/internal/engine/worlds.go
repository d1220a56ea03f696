package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// DefaultName is what the default world is called where it needs a name.
const DefaultName = "default"

// MakeWorld returns the world of that name and makes it if there is none. ""
// and "default" are the default one. Of one that exists, what the
// configuration gives is changed and the rest stays. It fails if the
// configuration or the name is not valid, or if there are too many worlds.
func (e *Engine) MakeWorld(name string, config WorldConfig) (*World, error) {
	isDefault := name == "" || name == DefaultName
	if err := config.check(isDefault); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if isDefault {
		e.configureWorld(e.main, config)
		return e.main, nil
	}
	if err := CheckWorldName(name); err != nil {
		return nil, err
	}
	e.pardon(name)
	w, err := e.find(name)
	if w == nil && err == nil { // it was dropped just now, for having been idle
		e.pardon(name)
		w, err = e.find(name)
	}
	if err == nil {
		e.configureWorld(w, config)
	}
	return w, err
}

// GoneError says that a world was dropped.
type GoneError struct{ Name, Why string }

// Error says which world, and why.
func (e *GoneError) Error() string {
	return fmt.Sprintf("namespace %q was dropped: %s", e.Name, e.Why)
}

// World returns the world of a name, and makes it on first use. The error is
// a *GoneError if it was dropped; else there are too many.
func (e *Engine) World(name string) (*World, error) {
	if name == "" || name == DefaultName {
		return e.main, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	w, err := e.find(name)
	if w == nil && err == nil {
		err = &GoneError{name, e.dropped[name]}
	}
	return w, err
}

// FindWorld returns the world of a name; nil if there never was one. The error
// is a *GoneError if it was dropped.
func (e *Engine) FindWorld(name string) (*World, error) {
	if name == "" || name == DefaultName {
		return e.main, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.worlds[name] == nil && e.dropped[name] == "" {
		return nil, nil
	}
	w, err := e.find(name)
	if w == nil && err == nil {
		err = &GoneError{name, e.dropped[name]}
	}
	return w, err
}

// FreeName makes a name up that no world has or had.
func (e *Engine) FreeName() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	for {
		e.madeUp++
		name := fmt.Sprintf("ns-%d", e.madeUp)
		if _, dropped := e.dropped[name]; !dropped && e.worlds[name] == nil {
			return name
		}
	}
}

// Worlds returns every world that there is, the default one first and
// then by name.
func (e *Engine) Worlds() []*World {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]*World, 0, len(e.worlds)+1)
	for _, w := range e.worlds {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *World) int { return strings.Compare(a.name, b.name) })
	return slices.Insert(all, 0, e.main)
}

// DropWorld drops a world and ends its waits. Later requests to it get 410,
// until MakeWorld makes it anew. It reports whether there was such a world;
// the default one cannot be dropped.
func (e *Engine) DropWorld(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.worlds[name]
	if w == nil {
		return false
	}
	e.drop(w, "it was deleted")
	return true
}

// What follows expects the lock of the engine to be held.

// pardon lets a name be used again.
func (e *Engine) pardon(name string) {
	if _, ok := e.dropped[name]; ok {
		delete(e.dropped, name)
		e.droppedLog = slices.DeleteFunc(e.droppedLog, func(other string) bool { return other == name })
	}
}

// drop forgets a world.
func (e *Engine) drop(w *World, why string) {
	delete(e.worlds, w.name)
	if e.dropped == nil {
		e.dropped = make(map[string]string)
	}
	if len(e.droppedLog) >= 10*e.config.MaxNamespaces {
		delete(e.dropped, e.droppedLog[0])
		e.droppedLog = e.droppedLog[1:]
	}
	e.dropped[w.name] = why
	e.droppedLog = append(e.droppedLog, w.name)
	w.locked(func() {
		w.engine.ruleBytes.Add(int64(-w.ruleBytes))
		w.dropped = why
		w.endWaits()
		w.tick()
		w.notify()
	})
}

// find returns a world and makes it on first use. It returns nil, without an
// error, for one that was dropped.
func (e *Engine) find(name string) (*World, error) {
	now := time.Now()
	if w := e.worlds[name]; w != nil {
		if !w.isIdle(now) {
			return w, nil
		}
		e.drop(w, "it was idle for "+w.ttl().String())
	}
	if _, ok := e.dropped[name]; ok {
		return nil, nil
	}
	if len(e.worlds) >= e.config.MaxNamespaces {
		for _, w := range e.worlds {
			if w.isIdle(now) {
				e.drop(w, "it was idle for "+w.ttl().String())
			}
		}
	}
	if len(e.worlds) >= e.config.MaxNamespaces {
		return nil, fmt.Errorf("namespace %q cannot be made: there are %d already, and none was idle for its TTL, usually %s",
			name, len(e.worlds), e.config.NamespaceTTL)
	}
	if e.worlds == nil {
		e.worlds = make(map[string]*World)
	}
	w := newWorld(e, name)
	e.worlds[name] = w
	return w, nil
}

// isIdle reports whether a world was not used for so long that it is dropped.
func (w *World) isIdle(now time.Time) (idle bool) {
	w.locked(func() { idle = w.active == 0 && now.Sub(w.used) > w.ttl() })
	return idle
}

// maxWorldName is the longest name of a world.
const maxWorldName = 64

// worldNameRule is what a name must be, for people.
const worldNameRule = "allowed are 1 to 64 letters, digits, '-' and '.'"

// CheckWorldName refuses a name that cannot be part of a URL and of a
// credential.
func CheckWorldName(name string) error {
	ok := name != "" && len(name) <= maxWorldName && name != "." && name != ".."
	for _, c := range name {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.')
	}
	if !ok {
		return fmt.Errorf("namespace name %.80q: %s", name, worldNameRule)
	}
	return nil
}
