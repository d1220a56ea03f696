package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
)

// errInterrupted is that the program was to end before it served.
var errInterrupted = errors.New("interrupted")

// maxInput is how long a file to read can be, in bytes: a pipe or a device may
// have no end.
const maxInput = 1 << 30

// readInput reads a file that a flag names, also a pipe, which may have to be
// waited for.
func readInput(ctx context.Context, name string) ([]byte, error) {
	type content struct {
		data []byte
		err  error
	}
	read := make(chan content, 1)
	go func() {
		data, err := readBounded(name, maxInput)
		read <- content{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, errInterrupted
	case c := <-read:
		if c.err != nil {
			return nil, c.err
		}
		data, err := utf8Text(c.data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return data, nil
	}
}

func readBounded(name string, most int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // opened to read
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s: is longer than %d bytes", name, most)
	}
	return data, err
}

// utf8Text is a text without the byte order mark that some editors put before
// it.
func utf8Text(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, errors.New("is UTF-16; it must be UTF-8")
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), nil
}

// readSeeds reads the seed files and joins them: each brings the state of the
// APIs that it names.
func readSeeds(ctx context.Context, names []string) (json.RawMessage, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var joined struct {
		Version int                        `json:"version"`
		APIs    map[string]json.RawMessage `json:"apis"`
		IDs     map[string]uint64          `json:"ids,omitempty"`
	}
	broughtBy := make(map[string]string)
	names, err := filesIn(names)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := readInput(ctx, name)
		if err != nil {
			return nil, misusage("-seed: %w", err)
		}
		// Each file is checked alone, so that an error can name it.
		if _, err := mockserver.New(mockserver.Config{Seed: notEmpty(data)}); err != nil {
			return nil, misusage("-seed %s: %s", name, plain(err))
		}
		before := joined.APIs
		joined.APIs = nil
		if err := json.Unmarshal(data, &joined); err != nil {
			return nil, misusage("-seed %s: %w", name, err)
		}
		if joined.APIs == nil {
			joined.APIs = make(map[string]json.RawMessage)
		}
		for api := range joined.APIs {
			if other, ok := broughtBy[api]; ok {
				return nil, misusage("-seed %s: it has state of %s, and so has %s; only one file may", name, api, other)
			}
			broughtBy[api] = name
		}
		for api, state := range before {
			joined.APIs[api] = state
		}
	}
	return json.Marshal(joined)
}

// filesIn puts the JSON files of a folder in its place, in the order of their
// names.
func filesIn(names []string) (files []string, err error) {
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			files = append(files, name)
			continue
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, misusage("-seed: %w", err)
		}
		before := len(files)
		for _, entry := range entries {
			if filepath.Ext(entry.Name()) == ".json" && !strings.HasPrefix(entry.Name(), ".") {
				files = append(files, filepath.Join(name, entry.Name()))
			}
		}
		if len(files) == before {
			return nil, misusage("-seed %s: the folder has no file whose name ends in .json", name)
		}
	}
	return files, nil
}

// notEmpty makes an empty file a document that is wrong, instead of none.
func notEmpty(data []byte) json.RawMessage {
	if len(bytes.TrimSpace(data)) == 0 {
		return json.RawMessage(" ")
	}
	return data
}

// readRules reads the rules of a file.
func readRules(ctx context.Context, name string) ([]fault.Rule, error) {
	data, err := readInput(ctx, name)
	if err != nil {
		return nil, misusage("-rules: %w", err)
	}
	var texts []json.RawMessage
	if err := json.Unmarshal(data, &texts); err != nil {
		if other := (*json.UnmarshalTypeError)(nil); errors.As(err, &other) {
			err = errors.New("it is of the type " + other.Value)
		}
		return nil, misusage("-rules %s: must be a JSON array of rules: %w", name, err)
	}
	rules := make([]fault.Rule, len(texts))
	for i, text := range texts {
		if rules[i], err = fault.ParseRule(text); err != nil {
			return nil, misusage("-rules %s: rule %d: %s", name, i+1, plain(err))
		}
	}
	return rules, nil
}

// plain is an error of the mock without what the program says itself.
func plain(err error) string {
	text := err.Error()
	for _, prefix := range []string{"mockserver: ", "Seed: ", "rule: ", "rules: ", "snapshot: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}
