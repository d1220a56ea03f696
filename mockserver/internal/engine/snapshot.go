package engine

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// snapshotVersion is the version of the documents that Snapshot makes.
const snapshotVersion = 1

// snapshot is the state of a world as a document.
type snapshot struct {
	Version int                        `json:"version"`
	APIs    map[string]json.RawMessage `json:"apis"`
	IDs     map[string]uint64          `json:"ids,omitempty"`
}

// Snapshot returns the records of the namespace, and what its next ids are
// made from, as a JSON document for Load, Restore and Config.Seed. It holds
// no credentials: those of requests are never stored, and where a record has
// a secret by name, such as "api_key" in a free-form member, the document has
// "[redacted]". Rules and journal are not in it.
func (w *World) Snapshot() json.RawMessage {
	document := snapshot{Version: snapshotVersion, APIs: make(map[string]json.RawMessage)}
	w.locked(func() {
		document.IDs = maps.Clone(w.ids.made)
		for name, a := range w.engine.byName {
			if _, used := w.states[name]; used || w.seed != nil && w.seed.APIs[name] != nil {
				w.advance(a)
				document.APIs[name] = jsontext.MustMarshal(w.state(a))
			}
		}
	})
	for name, state := range document.APIs {
		document.APIs[name] = w.engine.secrets().Redact(state)
	}
	return jsontext.MustMarshal(document)
}

// Load replaces the records of the namespace by those of a snapshot, and
// makes them the state that Reset goes back to. The error says what is wrong
// with the snapshot; then nothing was changed.
func (w *World) Load(document json.RawMessage) error {
	return w.load(document, true)
}

// Restore replaces the records of the namespace by those of a snapshot. Reset
// still goes back to the seed that there was before. The error says what is
// wrong with the snapshot; then nothing was changed.
func (w *World) Restore(document json.RawMessage) error {
	return w.load(document, false)
}

func (w *World) load(document json.RawMessage, asSeed bool) error {
	read, states, err := w.engine.readSnapshot(document)
	if err != nil {
		return err
	}
	w.locked(func() {
		if asSeed {
			w.seed = read
		} else {
			for name, a := range w.engine.byName {
				if _, ok := states[name]; !ok {
					states[name] = a.NewState() // else the seed's would come back
				}
			}
		}
		w.replaceStates(states)
		w.ids.made = maps.Clone(read.IDs)
	})
	return nil
}

// SetSeed replaces Config.Seed: what new namespaces start from, and what Reset
// goes back to. Records that exist stay until then, and a namespace that has
// loaded a seed of its own keeps it. An empty document is no records. The
// error says what is wrong with the document; then nothing was changed.
func (e *Engine) SetSeed(document json.RawMessage) error {
	var seed *snapshot
	if len(document) > 0 {
		var err error
		if seed, _, err = e.readSnapshot(document); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.main.reseed(e.seed, seed)
	for _, w := range e.worlds {
		w.locked(func() { w.reseed(e.seed, seed) })
	}
	e.seed = seed
	return nil
}

// reseed replaces the seed of a namespace unless it is its own.
func (w *World) reseed(old, seed *snapshot) {
	if w.seed != old {
		return
	}
	for name, a := range w.engine.byName {
		if old != nil && old.APIs[name] != nil || seed != nil && seed.APIs[name] != nil {
			w.state(a) // states are made on first use, and this one is what the old seed says
		}
	}
	w.seed = seed
}

// CheckSnapshot says what is wrong with a document.
func (e *Engine) CheckSnapshot(document json.RawMessage) error {
	_, _, err := e.readSnapshot(document)
	return err
}

// readSnapshot reads a document completely, so that a broken one is refused
// here and not when its API is used first.
func (e *Engine) readSnapshot(document json.RawMessage) (*snapshot, map[string]any, error) {
	var read snapshot
	if err := jsontext.DecodeStrict(document, &read); err != nil {
		return nil, nil, fmt.Errorf("snapshot: %w", err)
	}
	if read.Version != snapshotVersion {
		return nil, nil, fmt.Errorf("snapshot: version is %d; this server reads version %d", read.Version, snapshotVersion)
	}
	states := make(map[string]any, len(read.APIs))
	for name, raw := range read.APIs {
		a, ok := e.byName[name]
		if !ok {
			return nil, nil, fmt.Errorf("snapshot: apis: unknown API %q; there are %s", name, jsontext.Quote(e.Names()))
		}
		state := a.NewState()
		if err := jsontext.DecodeStrict(raw, state); err != nil {
			return nil, nil, fmt.Errorf("snapshot: apis.%s: %w", name, err)
		}
		states[name] = state
	}
	return &read, states, nil
}
