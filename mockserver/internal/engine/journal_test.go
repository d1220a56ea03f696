package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/google/go-cmp/cmp"
)

// checkLog compares what a journal counts with what it holds.
func checkLog(t *testing.T, j *log) {
	t.Helper()
	size, contents := 0, 0
	for _, e := range j.entries() {
		size += e.size
	}
	for _, count := range j.content {
		contents += count
	}
	if size != j.size || contents > j.len() {
		t.Errorf("the journal counts %d bytes for %d, and %d contents of %d calls", j.size, size, contents, j.len())
	}
}

// The journal stays within its bounds, and its counts stay true, however much
// comes and whatever its entries grow by; also what is counted after a reset.
func TestJournalCounts(t *testing.T) {
	for _, config := range []Config{
		{JournalEntries: 10, JournalBytes: 1 << 20},
		{JournalEntries: 1000, JournalBytes: 20_000},
		{JournalEntries: 5, JournalBytes: 1},
		{JournalEntries: -1, JournalBytes: 1 << 20},
	} {
		var j log
		var open []*entry
		for i := range 500 {
			e := &entry{method: "POST", path: fmt.Sprintf("/%d", i%7)}
			j.add(e, &config)
			open = append(open, e)
			if i%3 == 0 { // some are read much later, when they may have been dropped
				for _, late := range open {
					j.read(late, []byte(strings.Repeat("x", i)), config.JournalBytes)
					j.grow(late, i, config.JournalBytes)
				}
				open = nil
			}
			if i == 250 {
				j.clear()
			}
			checkLog(t, &j)
			if most := max(config.JournalEntries, 0); j.len() > most || j.size > config.JournalBytes && j.len() > 1 || len(j.ring) > 2*most+32 {
				t.Fatalf("%+v: %d calls in %d slots with %d bytes", config, j.len(), len(j.ring), j.size)
			}
		}
	}
}

// Without its secrets a write is shorter: what the journal tells of the writes
// of a stream is about the text that it tells.
func TestWritesAreCountedWithoutTheirSecrets(t *testing.T) {
	secret, plain := "data: {\"token\":\"very-secret\",\"n\":1}\n\n", "data: {\"n\":2}\n\n"
	e := &entry{
		secrets:  func() jsontext.Secrets { return jsontext.NewSecrets(nil, nil, nil) },
		response: []byte(secret + plain + plain),
		writes:   []journal.Write{{Size: len(secret)}, {Size: len(plain)}, {Size: len(plain)}},
	}
	call := e.call()
	var parts []string
	rest := call.Response
	for _, write := range call.Writes {
		parts, rest = append(parts, rest[:write.Size]), rest[write.Size:]
	}
	want := []string{"data: {\"token\":\"[redacted]\",\"n\":1}\n\n", plain, plain}
	if diff := cmp.Diff(want, parts); diff != "" || rest != "" {
		t.Errorf("%s and %q", diff, rest)
	}
	e.response = nil // the journal has dropped it, and somebody still holds it
	if call := e.call(); call.Response != "" {
		t.Errorf("%q", call.Response)
	}
}
