package xpander

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
)

// longStream plays a stream of events that all have a kilobyte or so.
type longStream struct{ events int }

func (s longStream) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Request: r,
		Body: io.NopCloser(&eventSource{left: s.events}),
	}, nil
}

// eventSource writes events as they are read, so that they take no memory.
type eventSource struct {
	left  int
	rest  []byte
	frame []byte
}

func (s *eventSource) Read(into []byte) (int, error) {
	if len(s.rest) == 0 {
		if s.left == 0 {
			return 0, io.EOF
		}
		s.left--
		s.frame = append(s.frame[:0], "data: "...)
		s.frame = append(s.frame, `{"type":"chunk","task_id":"`+streamedTask+`","organization_id":"o1","time":"2026-02-08T09:00:00.000000Z","data":"`+streamText+`"}`...)
		s.frame = append(s.frame, "\n\n"...)
		s.rest = s.frame
	}
	n := copy(into, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

const streamedTask = "2c1f7a34-7f0c-4c4e-9d0b-0d6f4b1f2a11"

var benchmarkTask = InvokeRequest{Input: TaskInput{Text: "How many?"}}

// taskEventByHand has the members that TaskEvent has.
type taskEventByHand struct {
	Type           string                 `json:"type"`
	TaskID         string                 `json:"task_id"`
	OrganizationID string                 `json:"organization_id"`
	Time           agentclients.Timestamp `json:"time"`
	Data           json.RawMessage        `json:"data"`
	Text           string                 `json:"-"`
}

var streamText = strings.Repeat("word ", 160)

// readByClient reads a number of events, and breaks out of the loop.
func readByClient(tb testing.TB, n int) {
	client := newTestClient(tb, agentclients.Options{HTTPClient: &http.Client{Transport: longStream{n + 1}}})
	for event, err := range client.StreamTask(tb.Context(), "a1", benchmarkTask) {
		if err != nil {
			tb.Fatal(err)
		}
		if event.Text == "" {
			tb.Fatal("an event without text")
		}
		if n--; n == 0 {
			return
		}
	}
}

// readByHand does the same as one would write it without this package.
func readByHand(tb testing.TB, n int) {
	client := &http.Client{Transport: longStream{n}}
	response, err := client.Post(testBaseURL+"/v1/agents/a1/invoke/stream", "application/json", strings.NewReader(`{"input":{"text":"x"}}`))
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
		var event taskEventByHand
		if err := json.Unmarshal(data, &event); err != nil {
			tb.Fatal(err)
		}
		if event.Type == "chunk" {
			if err := json.Unmarshal(event.Data, &event.Text); err != nil {
				tb.Fatal(err)
			}
		}
		if n--; n == 0 {
			return
		}
	}
}

// BenchmarkStreamTask compares them: one operation is 1,000 events.
func BenchmarkStreamTask(b *testing.B) {
	const events = 1000
	for name, read := range map[string]func(testing.TB, int){"client": readByClient, "by hand": readByHand} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				read(b, events)
			}
			b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// An event costs at most two allocations more than by hand.
func TestStreamTaskAllocations(t *testing.T) {
	const events = 1000
	per := func(read func(testing.TB, int)) float64 {
		return testing.AllocsPerRun(5, func() { read(t, events) }) / events
	}
	client, byHand := per(readByClient), per(readByHand)
	t.Logf("%.2f allocations per event, %.2f by hand", client, byHand)
	if client > byHand+2 {
		t.Errorf("%.2f allocations per event, %.2f by hand", client, byHand)
	}
}

// A stream takes the same memory however long it is.
func TestStreamTaskTakesNoMemory(t *testing.T) {
	held := func(n int) (bytes uint64) {
		client := newTestClient(t, agentclients.Options{HTTPClient: &http.Client{Transport: longStream{n}}})
		left := n
		for _, err := range client.StreamTask(t.Context(), "a1", benchmarkTask) {
			if err != nil {
				t.Fatal(err)
			}
			if left--; left == 0 { // the stream is still open
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				bytes = m.HeapAlloc
				break
			}
		}
		return bytes
	}
	few, many := held(1000), held(100_000)
	if many > few+1<<20 {
		t.Errorf("%d bytes after 1,000 events, %d after 100,000", few, many)
	}
}
