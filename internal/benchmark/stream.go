package benchmark

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// Words is the text of a usual event.
var Words = strings.Repeat("word ", 160)

// Stream is one stream of events, read in two ways: through a client of this
// module, and by hand with bufio and what Data does.
type Stream struct {
	// Event appends the event of a number, as a server sends it.
	Event func(into []byte, number int) []byte
	// Client reads the stream with the given http.Client and calls each after
	// every event, until that returns false.
	Client func(httpClient *http.Client, each func() bool) error
	// Data reads the data of one event.
	Data func(data []byte) error
}

// StreamBar is how many allocations a client may add to an event by hand.
const StreamBar = 2

// transport answers every request with that many events.
func (s Stream) transport(events int) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Request: r,
			Body: io.NopCloser(&source{event: s.Event, left: events}),
		}, nil
	})}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// source writes events as they are read, so that they take no memory.
type source struct {
	event        func([]byte, int) []byte
	left, number int
	frame, rest  []byte
}

func (s *source) Read(into []byte) (int, error) {
	if len(s.rest) == 0 {
		if s.left == 0 {
			return 0, io.EOF
		}
		s.left--
		s.number++
		s.frame = s.event(s.frame[:0], s.number)
		s.rest = s.frame
	}
	n := copy(into, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// byClient reads a number of events, and calls last while the stream is open.
func (s Stream) byClient(tb testing.TB, events int, last func()) {
	left := events
	err := s.Client(s.transport(events+1), func() bool {
		left--
		if left == 0 {
			last()
		}
		return left > 0
	})
	if err != nil || left != 0 {
		tb.Fatalf("%d events are left: %v", left, err)
	}
}

func (s Stream) byHand(tb testing.TB, events int) {
	response, err := s.transport(events).Get("http://localhost/")
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		if err := s.Data(data); err != nil {
			tb.Fatal(err)
		}
		events--
	}
	if events != 0 {
		tb.Fatalf("%d events are left: %v", events, lines.Err())
	}
}

// Run measures both ways: one operation is 1,000 events.
func (s Stream) Run(b *testing.B) {
	const events = 1000
	for _, way := range []struct {
		name string
		read func()
	}{
		{"ByHand", func() { s.byHand(b, events) }},
		{"Client", func() { s.byClient(b, events, func() {}) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				way.read()
			}
			b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// CheckAllocations checks that an event through the client costs at most
// StreamBar allocations more than by hand.
func (s Stream) CheckAllocations(t *testing.T) {
	const events = 1000
	client := testing.AllocsPerRun(5, func() { s.byClient(t, events, func() {}) }) / events
	byHand := testing.AllocsPerRun(5, func() { s.byHand(t, events) }) / events
	t.Logf("%.2f allocations per event, %.2f by hand", client, byHand)
	if client > byHand+StreamBar {
		t.Errorf("%.2f allocations per event, %.2f by hand", client, byHand)
	}
}

// CheckMemory checks that an open stream holds the same memory however long it
// is.
func (s Stream) CheckMemory(t *testing.T) {
	held := func(events int) (bytes uint64) {
		s.byClient(t, events, func() {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			bytes = m.HeapAlloc
		})
		return bytes
	}
	few, many := held(1000), held(100_000)
	if many > few+1<<20 {
		t.Errorf("%d bytes after 1,000 events, %d after 100,000", few, many)
	}
}
