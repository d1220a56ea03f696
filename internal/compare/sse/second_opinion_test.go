// Package sse_test has a second opinion on internal/sse. It is a package of its
// own, so that fuzzing need not build the clients of others.
package sse_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	gosse "github.com/tmaxmax/go-sse"

	"github.com/agentclients/agentclients-go/internal/sse"
)

// most is the longest event.
const most = 1 << 20

// read is an event as both readers have it.
type read struct{ kind, data string }

// readOurs reads a stream in pieces, and returns what the end of it was.
func readOurs(stream []byte, piece int) (events []read, end error) {
	reader := sse.NewReader(pieces{bytes.NewReader(stream), piece}, most)
	for {
		event, err := reader.Next()
		if err != nil {
			return events, err
		}
		events = append(events, read{event.Type, string(event.Data)})
	}
}

// pieces reads a stream in pieces.
type pieces struct {
	stream *bytes.Reader
	size   int
}

func (p pieces) Read(into []byte) (int, error) { return p.stream.Read(into[:min(len(into), p.size)]) }

// readTheirs reads a stream with go-sse. It hands out an event that has a
// field but no data, which is none by the standard.
func readTheirs(stream []byte) (events []read, err error) {
	for event, err := range gosse.Read(bytes.NewReader(stream), &gosse.ReadConfig{MaxEventSize: most}) {
		if err != nil {
			return events, err
		}
		events = append(events, read{event.Type, event.Data})
	}
	return events, nil
}

// FuzzReader has go-sse as the second opinion on our reader of streams.
func FuzzReader(f *testing.F) {
	for _, stream := range []string{
		"data: one\n\ndata: two\n\n",
		"event: delta\nid: 1\ndata: {\"a\":1}\n\n",
		"data: one\r\ndata: two\r\n\r\n",
		"data: one\r\rdata: two\r\r",
		"\ufeffdata: one\n\n",
		": comment\n\ndata: one\n: more\ndata\n\n",
		"data:one\ndata:  two\n\ndata: cut",
		"event: none\n\ndata: one\n\n",
		"retry: 100\nid\ndata: Gr\xc3\xbc\xc3\x9fe\n\n",
		"unknown: field\ndata: \x00\n\n\n\ndata\n\n",
		"data: one\n\r\n\rdata: two\n\n",
	} {
		for _, piece := range []uint8{1, 3, 255} {
			f.Add([]byte(stream), piece)
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		ours, end := readOurs(stream, max(int(piece), 1))
		if end != io.EOF && !errors.Is(end, io.ErrUnexpectedEOF) {
			t.Fatalf("%q ends in %v", stream, end)
		}
		if bytes.LastIndex(stream, []byte("\ufeff")) > 0 {
			t.Skip("go-sse takes a byte order mark away behind blank lines, too")
		}
		theirs, err := readTheirs(stream)
		if err != nil {
			t.Skip(err)
		}
		compareReads(t, stream, ours, theirs)
	})
}

// compareReads fails the test if the two disagree about an event with data.
func compareReads(t *testing.T, stream []byte, ours, theirs []read) {
	t.Helper()
	withData := func(events []read) []read {
		return slices.DeleteFunc(slices.Clone(events), func(e read) bool { return strings.Trim(e.data, "\n") == "" })
	}
	if got, want := withData(ours), withData(theirs); !slices.Equal(got, want) {
		t.Errorf("%q is read as %q; go-sse reads %q", stream, got, want)
	}
}
