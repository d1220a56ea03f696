package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/agentclients/agentclients-go/mockserver"
)

// openState opens a state file for a server of this process.
func openState(t *testing.T, name string, logger *slog.Logger) (*mockserver.Server, *stateFile) {
	t.Helper()
	mock, err := mockserver.New(mockserver.Config{APIs: []string{mockserver.Orq}})
	if err != nil {
		t.Fatal(err)
	}
	state, err := openStateFile(name, mock, logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(state.unlock)
	return mock, state
}

// Nobody else gets the file while it is replaced, not even for a moment.
func TestLockMovesWithTheFile(t *testing.T) {
	_, state := openState(t, filepath.Join(t.TempDir(), "state.json"), slog.New(slog.DiscardHandler))
	var done atomic.Bool
	go func() {
		defer done.Store(true)
		for i := range 50 {
			state.snapshot = func() json.RawMessage { return fmt.Appendf(nil, `{"version":1,"apis":{},"ids":{"x":%d}}`, i) }
			if err := state.save(); err != nil {
				t.Error(err)
			}
		}
	}()
	for !done.Load() {
		if file, err := lockFile(state.path); !errors.Is(err, errLocked) {
			t.Errorf("locked by somebody else, too: %v", err)
			file.Close()
		}
	}
}

// A state that cannot be written is tried again without a request that asks
// for it, and the log says it once. A snapshot that panics ends nothing.
func TestSavingIsTriedAgain(t *testing.T) {
	for _, what := range []string{"no directory", "panic"} {
		t.Run(what, func(t *testing.T) {
			directory := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(directory, 0o700); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(directory, "state.json")
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				mock, state := openState(t, name, slog.New(slog.NewTextHandler(&log, nil)))
				var panics atomic.Bool
				snapshot := state.snapshot
				state.snapshot = func() json.RawMessage {
					if panics.Load() {
						panic("no such year")
					}
					return snapshot()
				}
				panics.Store(what == "panic")
				if what == "no directory" {
					if err := os.RemoveAll(directory); err != nil {
						t.Fatal(err)
					}
				}
				go state.keep(t.Context())
				createThrough(t, state.watch(mock))
				after(5 * mostUnsafe)
				if got := log.String(); strings.Count(got, "the state cannot be saved") != 1 || strings.Contains(got, "no such year") != panics.Load() {
					t.Errorf("the log has %s", got)
				}
				panics.Store(false)
				if err := os.MkdirAll(directory, 0o700); err != nil {
					t.Fatal(err)
				}
				after(mostUnsafe + quietTime)
				if !strings.Contains(content(t, name), `"key":`) {
					t.Errorf("the file has %s", content(t, name))
				}
			})
		})
	}
}

// Editors and shells that put a byte order mark before a text do not break it.
func TestFilesWithByteOrderMark(t *testing.T) {
	const mark = "\ufeff"
	directory := t.TempDir()
	at := func(name, text string) string {
		name = filepath.Join(directory, name)
		write(t, name, text)
		return name
	}
	mock := mockserver.StartInMemory(t, mockserver.Config{})
	createThrough(t, mock)
	seed := at("seed.json", mark+string(mock.Snapshot()))
	rules := at("rules.json", mark+`[{"op":"orq.GetAgent","do":[{"status":418}]}]`)
	state := at("state.json", mark+string(mock.Snapshot()))

	if joined, err := readSeeds(t.Context(), []string{seed}); err != nil || !strings.Contains(string(joined), `"key":`) {
		t.Errorf("seed: %v %s", err, joined)
	}
	if read, err := readRules(t.Context(), rules); err != nil || len(read) != 1 || read[0].Op != mockserver.OrqGetAgent {
		t.Errorf("rules: %v %v", err, read)
	}
	loaded, kept := openState(t, state, slog.New(slog.DiscardHandler))
	if n := len(loaded.Agents(mockserver.Orq)); n != 1 {
		t.Errorf("state: %d agents", n)
	}
	kept.unlock()

	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		name := at("utf16.json", mark+"[\x00")
		const says = "utf16.json: is UTF-16; it must be UTF-8"
		_, seedErr := readSeeds(t.Context(), []string{name})
		_, rulesErr := readRules(t.Context(), name)
		_, stateErr := openStateFile(name, mock, slog.New(slog.DiscardHandler))
		for _, err := range []error{seedErr, rulesErr, stateErr} {
			if err == nil || !strings.Contains(err.Error(), says) || !errors.Is(err, errMisusage) {
				t.Errorf("%q: %v", mark, err)
			}
		}
	}
}

// A seed need not bring the state of any API.
func TestSeedWithoutAPIs(t *testing.T) {
	directory := t.TempDir()
	first, second := filepath.Join(directory, "1.json"), filepath.Join(directory, "2.json")
	write(t, first, `{"version":1,"apis":{"orq":{}}}`)
	write(t, second, `{"version":1}`)
	if joined, err := readSeeds(t.Context(), []string{first, second}); err != nil || !strings.Contains(string(joined), `"orq"`) {
		t.Errorf("%v %s", err, joined)
	}
}

// A file without an end is refused before it fills the memory.
func TestInputIsBounded(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip(err)
	}
	if data, err := readBounded("/dev/zero", 1000); err == nil || !strings.Contains(err.Error(), "longer than 1000 bytes") {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	name := filepath.Join(t.TempDir(), "file")
	write(t, name, "12345")
	if data, err := readBounded(name, 5); err != nil || string(data) != "12345" {
		t.Errorf("%s %v", data, err)
	}
}
