package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/openai/openai-go/v3/packages/ssestream"
	gosse "github.com/tmaxmax/go-sse"

	"github.com/agentclients/agentclients-go/internal/sse"
)

// reader is one way to read a stream of events.
type reader struct {
	name, module string
	// read calls each with the data of every event.
	read func(stream io.Reader, each func(size int)) error
}

// mostBytes is the longest event that all readers are to take.
const mostBytes = 16 << 20

func readers() []reader {
	return []reader{
		{name: "ours", read: func(stream io.Reader, each func(int)) error {
			events := sse.NewReader(stream, mostBytes)
			for {
				event, err := events.Next()
				if err == io.EOF {
					return nil
				}
				if err != nil {
					return err
				}
				each(len(event.Data))
			}
		}},
		{name: "openai-go", module: "github.com/openai/openai-go/v3", read: func(stream io.Reader, each func(int)) error {
			events := ssestream.NewDecoder(&http.Response{Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(stream)})
			for events.Next() {
				each(len(events.Event().Data) - len("\n"))
			}
			return events.Err()
		}},
		{name: "go-sse", module: "github.com/tmaxmax/go-sse", read: func(stream io.Reader, each func(int)) error {
			for event, err := range gosse.Read(stream, &gosse.ReadConfig{MaxEventSize: mostBytes}) {
				if err != nil {
					return err
				}
				each(len(event.Data))
			}
			return nil
		}},
	}
}

// manyEvents is a stream of a number of usual events.
func manyEvents(number int) []byte {
	var stream bytes.Buffer
	for i := range number {
		fmt.Fprintf(&stream, "id: event_%08d\nevent: output.message.delta\ndata: {\"id\":\"event_%08d\",\"type\":\"output.message.delta\",\"data\":{\"delta\":\"%s\"}}\n\n", i, i, prompt[:80])
	}
	return stream.Bytes()
}

// longEvent is a stream of one event with that many bytes of data.
func longEvent(size int) []byte { return []byte("data: " + strings.Repeat("x", size) + "\n\n") }

// packets reads a stream in pieces of the size that a network has.
type packets struct{ stream *bytes.Reader }

func (p packets) Read(into []byte) (int, error) { return p.stream.Read(into[:min(len(into), 1400)]) }

// reading is what it takes to read a stream.
type reading struct {
	took               time.Duration
	allocations, bytes int
}

// readAll reads a stream once and checks what came of it.
func readAll(r reader, stream io.Reader, events, size int) (reading, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	count := 0
	err := r.read(stream, func(got int) {
		if got == size {
			count++
		}
	})
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if err == nil && count != events {
		err = fmt.Errorf("%d events of %d", count, events)
	}
	if err != nil {
		return reading{}, fmt.Errorf("%s: %w", r.name, err)
	}
	return reading{took, int(after.Mallocs - before.Mallocs), int(after.TotalAlloc - before.TotalAlloc)}, nil
}

// readInTurn has all readers read the same stream in turn, and returns the
// medians of the rounds.
func readInTurn(all []reader, rounds int, stream func() io.Reader, events, size int) ([]reading, error) {
	took, allocations, allocated := make([][]time.Duration, len(all)), make([][]int, len(all)), make([][]int, len(all))
	for range rounds {
		for i, r := range all {
			one, err := readAll(r, stream(), events, size)
			if err != nil {
				return nil, err
			}
			took[i], allocations[i], allocated[i] = append(took[i], one.took), append(allocations[i], one.allocations), append(allocated[i], one.bytes)
		}
	}
	medians := make([]reading, len(all))
	for i := range all {
		medians[i] = reading{median(took[i]), median(allocations[i]), median(allocated[i])}
	}
	return medians, nil
}
