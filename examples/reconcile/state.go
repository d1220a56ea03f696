package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// record is how an agent is found again that is not in the file any more.
type record struct {
	API  string `json:"api"`
	User string `json:"user_id,omitempty"` // whose agent it is, on phoneagents
	Key  string `json:"key"`               // what tells it from all others in the file
	Name string `json:"name,omitempty"`    // for people, if the key is none
	ID   string `json:"id,omitempty"`      // as soon as it is known
}

// identity is what is the same in all records of an agent.
func (r record) identity() record { return record{API: r.API, User: r.User, Key: r.Key} }

// String returns the API and what people call the agent.
func (r record) String() string {
	if r.Name != "" {
		return r.API + " " + r.Name
	}
	return r.API + " " + r.Key
}

// state is which agents are managed: those that were in the file when it was
// applied. No mark that an agent carries could tell that on all five APIs: only
// agentloop has tags, and whatever else is in an agent says how it behaves. What
// was never in the file is never pruned.
type state struct {
	path   string // "": in memory only
	Agents []record
}

// readState reads a state. A file that does not exist is an empty one.
func readState(path string) (*state, error) {
	s := &state{path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	} else if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &s.Agents); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// find returns the record of an agent, nil if it is not managed.
func (s *state) find(r record) *record {
	for i := range s.Agents {
		if s.Agents[i].identity() == r.identity() {
			return &s.Agents[i]
		}
	}
	return nil
}

// put adds or replaces a record.
func (s *state) put(r record) error {
	if old := s.find(r); old == nil {
		s.Agents = append(s.Agents, r)
	} else if *old == r {
		return nil
	} else {
		*old = r
	}
	return s.save()
}

// drop removes a record.
func (s *state) drop(r record) error {
	s.Agents = slices.DeleteFunc(s.Agents, func(old record) bool { return old.identity() == r.identity() })
	return s.save()
}

// save writes the state beside the old one and then in its place, so that
// there is a whole one at any time.
func (s *state) save() error {
	if s.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(s.Agents, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), s.path)
	}
	if err != nil {
		os.Remove(file.Name()) //nolint:errcheck // it is in the way, no more
	}
	return err
}
