package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
)

// readSeeds reads the seed files and joins them: each brings the state of the
// APIs that it names.
func readSeeds(names []string) (json.RawMessage, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var joined struct {
		Version int                        `json:"version"`
		APIs    map[string]json.RawMessage `json:"apis"`
		IDs     map[string]uint64          `json:"ids,omitempty"`
	}
	broughtBy := make(map[string]string)
	for _, name := range names {
		data, err := os.ReadFile(name)
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

// notEmpty makes an empty file a document that is wrong, instead of none.
func notEmpty(data []byte) json.RawMessage {
	if len(bytes.TrimSpace(data)) == 0 {
		return json.RawMessage(" ")
	}
	return data
}

// readRules reads the rules of a file.
func readRules(name string) ([]fault.Rule, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, misusage("-rules: %w", err)
	}
	var rules []json.RawMessage
	if err := json.Unmarshal(data, &rules); err != nil {
		return nil, misusage("-rules %s: must be a JSON array of rules: %w", name, err)
	}
	specs := make([]fault.Rule, len(rules))
	for i, text := range rules {
		if specs[i], err = fault.ParseRule(text); err != nil {
			return nil, misusage("-rules %s: rule %d: %s", name, i+1, plain(err))
		}
	}
	return specs, nil
}

// plain is an error of the package mockserver without what the program says
// itself.
func plain(err error) string {
	text := strings.TrimPrefix(err.Error(), "mockserver: ")
	for _, prefix := range []string{"Seed: ", "mockserver: ", "rule: ", "rules: ", "snapshot: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return fmt.Sprint(text)
}
