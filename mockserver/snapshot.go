package mockserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// snapshotVersion is the version of the documents that Snapshot makes.
const snapshotVersion = 1

// snapshot is the state of a namespace as a document.
type snapshot struct {
	Version int                     `json:"version"`
	APIs    map[API]json.RawMessage `json:"apis"`
	IDs     map[string]uint64       `json:"ids,omitempty"`
}

// Snapshot returns the records of the namespace, and what its next ids are
// made from, as a JSON document for Load, Restore and Config.Seed. It holds
// no credentials: those of requests are never stored, and where a record has
// a secret by name, such as "api_key" in a free-form member, the document has
// "[redacted]". Rules and journal are not in it.
func (n *Namespace) Snapshot() json.RawMessage {
	n.mu.Lock()
	defer n.mu.Unlock()
	document := snapshot{Version: snapshotVersion, APIs: make(map[API]json.RawMessage), IDs: n.sequence}
	for name, emulated := range n.server.apis {
		if _, used := n.states[name]; used || n.seed != nil && n.seed.APIs[name] != nil {
			document.APIs[name] = n.written(emulated)
		}
	}
	return mustMarshal(document)
}

// written is the state of one API as others may see it: without secrets. The
// caller holds the lock.
func (n *Namespace) written(emulated *emulation) json.RawMessage {
	return redact(mustMarshal(n.state(emulated)))
}

// Load replaces the records of the namespace by those of a snapshot, and
// makes them the state that Reset goes back to. The error says what is wrong
// with the snapshot; then nothing was changed.
func (n *Namespace) Load(document json.RawMessage) error {
	return n.load(document, true)
}

// Restore replaces the records of the namespace by those of a snapshot. Reset
// still goes back to the seed that there was before. The error says what is
// wrong with the snapshot; then nothing was changed.
func (n *Namespace) Restore(document json.RawMessage) error {
	return n.load(document, false)
}

func (n *Namespace) load(document json.RawMessage, asSeed bool) error {
	read, states, err := n.server.readSnapshot(document)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if asSeed {
		n.seed = read
	} else {
		for name, emulated := range n.server.apis {
			if _, ok := states[name]; !ok {
				states[name] = emulated.newState() // else the seed's would come back
			}
		}
	}
	n.states = states
	n.sequence = maps.Clone(read.IDs)
	return nil
}

// SetSeed replaces Config.Seed: what new namespaces start from, and what Reset
// goes back to. Records that exist stay until then, and a namespace that has
// loaded a seed of its own keeps it. An empty document is no records. The
// error says what is wrong with the document; then nothing was changed.
func (s *Server) SetSeed(document json.RawMessage) error {
	var seed *snapshot
	if len(document) > 0 {
		var err error
		if seed, _, err = s.readSnapshot(document); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.defaultNamespace.reseed(s.seed, seed)
	for _, n := range s.namespaces {
		n.reseed(s.seed, seed)
	}
	s.seed = seed
	return nil
}

// reseed replaces the seed of a namespace unless it is its own.
func (n *Namespace) reseed(old, seed *snapshot) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seed != old {
		return
	}
	for name, emulated := range n.server.apis {
		if old != nil && old.APIs[name] != nil || seed != nil && seed.APIs[name] != nil {
			n.state(emulated) // states are made on first use, and this one is what the old seed says
		}
	}
	n.seed = seed
}

// readSnapshot reads a document completely, so that a broken one is refused
// here and not when its API is used first.
func (s *Server) readSnapshot(document json.RawMessage) (*snapshot, map[API]any, error) {
	var read snapshot
	if err := decodeStrict(document, &read); err != nil {
		return nil, nil, fmt.Errorf("mockserver: snapshot: %w", err)
	}
	if read.Version != snapshotVersion {
		return nil, nil, fmt.Errorf("mockserver: snapshot: version is %d; this server reads version %d", read.Version, snapshotVersion)
	}
	states := make(map[API]any, len(read.APIs))
	for name, raw := range read.APIs {
		emulated, ok := s.apis[name]
		if !ok {
			return nil, nil, fmt.Errorf("mockserver: snapshot: apis: unknown API %q; there are %s", name, quoted(s.names()))
		}
		state := emulated.newState()
		if err := decodeStrict(raw, state); err != nil {
			return nil, nil, fmt.Errorf("mockserver: snapshot: apis.%s: %w", name, err)
		}
		states[name] = state
	}
	return &read, states, nil
}

// mustMarshal writes a value of ours as JSON. HTML characters stay what they
// are, so that free-form values come back as they were.
func mustMarshal(v any) json.RawMessage {
	out, err := marshal(v)
	if err != nil {
		panic(err) // a type of ours that JSON cannot hold
	}
	return out
}

// marshal is json.Marshal without the escapes of HTML characters.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
