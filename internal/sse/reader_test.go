package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// read returns the events of a stream, as texts, and what ended it.
func read(source io.Reader, limit int) (events []string, err error) {
	reader := NewReader(source, limit)
	for {
		event, err := reader.Next()
		if err != nil {
			return events, err
		}
		text := string(event.Data)
		if event.Type != "" || event.ID != "" {
			text = event.Type + "#" + event.ID + "|" + text
		}
		events = append(events, text)
	}
}

// pieces are ways in which the same bytes may come.
var pieces = map[string]func(io.Reader) io.Reader{
	"at once":             func(r io.Reader) io.Reader { return r },
	"byte by byte":        iotest.OneByteReader,
	"half by half":        iotest.HalfReader,
	"with the end":        iotest.DataErrReader,
	"with empty reads":    func(r io.Reader) io.Reader { return &emptyReads{r: iotest.OneByteReader(r)} },
	"three bytes at once": func(r io.Reader) io.Reader { return atMost{r, 3} },
}

type emptyReads struct {
	r    io.Reader
	next bool
}

func (e *emptyReads) Read(p []byte) (int, error) {
	if e.next = !e.next; e.next {
		return 0, nil
	}
	return e.r.Read(p)
}

type atMost struct {
	r io.Reader
	n int
}

func (a atMost) Read(p []byte) (int, error) { return a.r.Read(p[:min(a.n, len(p))]) }

func TestReader(t *testing.T) {
	comments := strings.Repeat(": busy\n\n", 10_000)
	for name, test := range map[string]struct {
		stream string
		want   []string
		err    error // nil: io.EOF
	}{
		"nothing":                     {"", nil, nil},
		"LF":                          {"data: a\n\ndata: b\n\n", []string{"a", "b"}, nil},
		"CRLF":                        {"data: a\r\n\r\ndata: b\r\n\r\n", []string{"a", "b"}, nil},
		"CR":                          {"data: a\r\rdata: b\r\r", []string{"a", "b"}, nil},
		"all mixed":                   {"data: a\r\n\ndata: b\n\rdata: c\r\r\n", []string{"a", "b", "c"}, nil},
		"a byte order mark":           {"\xef\xbb\xbfdata: a\n\n", []string{"a"}, nil},
		"a mark before a comment":     {"\xef\xbb\xbf: hi\ndata: a\n\n", []string{"a"}, nil},
		"a mark alone":                {"\xef\xbb\xbf\ndata: a\n\n", []string{"a"}, nil},
		"a mark in the middle":        {"data: a\n\n\xef\xbb\xbfdata: b\n\n", []string{"a"}, nil},
		"no blank after the colon":    {"data:a\n\n", []string{"a"}, nil},
		"exactly one blank":           {"data:   x\n\ndata: x  \n\n", []string{"  x", "x  "}, nil},
		"a tab is no blank":           {"data:\tx\n\n", []string{"\tx"}, nil},
		"many lines":                  {"data: {\ndata:  \"a\":1\ndata: }\n\n", []string{"{\n \"a\":1\n}"}, nil},
		"an empty line of data":       {"data:\n\ndata\n\ndata:\ndata\n\n", []string{"", "", "\n"}, nil},
		"colons in the data":          {"data: a:b: c\n\n", []string{"a:b: c"}, nil},
		"type and id":                 {"event: turn.completed\nid: e1\ndata: a\n\ndata: b\n\n", []string{"turn.completed#e1|a", "b"}, nil},
		"fields in any order":         {"data: a\nid: e1\nevent: x\n\n", []string{"x#e1|a"}, nil},
		"the last type wins":          {"event: x\nevent: y\ndata: a\n\n", []string{"y#|a"}, nil},
		"an id with NUL":              {"id: e1\x00\ndata: a\n\n", []string{"a"}, nil},
		"unknown fields":              {"foo: bar\ndata: a\n data: b\nDATA: c\ndata : d\n\n", []string{"a"}, nil},
		"blocks without data":         {"event: ping\n\nretry: 3000\n\nid: 5\n\n: busy\n\ndata: a\n\n", []string{"a"}, nil},
		"only comments":               {comments, nil, nil},
		"comments before an event":    {comments + "data: a\n\n", []string{"a"}, nil},
		"a comment within an event":   {"data: a\n: busy\ndata: b\n\n", []string{"a\nb"}, nil},
		"a long comment":              {": " + strings.Repeat("x", 1<<20) + "\ndata: a\n\n", []string{"a"}, nil},
		"UTF-8":                       {"data: é世界\U0001f600\n\n", []string{"é世界\U0001f600"}, nil},
		"no blank line at the end":    {"data: a\n\ndata: b\n", []string{"a"}, io.ErrUnexpectedEOF},
		"no end of line at the end":   {"data: a\n\ndata: b", []string{"a"}, io.ErrUnexpectedEOF},
		"CR at the end":               {"data: a\r\r", []string{"a"}, nil},
		"a comment at the end":        {"data: a\n\n: bus", []string{"a"}, nil},
		"[DONE]":                      {"data: [DONE]\n\ndata:[DONE]\n\n", []string{"[DONE]", "[DONE]"}, nil},
		"just at the limit":           {"data: " + strings.Repeat("x", 1024) + "\n\n", []string{strings.Repeat("x", 1024)}, nil},
		"beyond the limit":            {"data: a\n\ndata: " + strings.Repeat("x", 1025) + "\n\ndata: b\n\n", []string{"a"}, ErrTooLong},
		"beyond the limit in lines":   {"data: a\n\n" + strings.Repeat("data: xxxxxxx\n", 200) + "\n", []string{"a"}, ErrTooLong},
		"beyond the limit, empty":     {strings.Repeat("data\n", 2000) + "\n", nil, ErrTooLong},
		"a line without end":          {"data: a\n\n" + strings.Repeat("x", 5000), []string{"a"}, ErrTooLong},
		"the limit is of one event":   {strings.Repeat("data: "+strings.Repeat("x", 600)+"\n\n", 3), []string{strings.Repeat("x", 600), strings.Repeat("x", 600), strings.Repeat("x", 600)}, nil},
		"empty lines and nothing":     {"\n\n\r\r\r\n\r\n", nil, nil},
		"HTML":                        {"<html>\n\n<body>\n\n", nil, nil},
		"one object over three lines": {"data: {\"a\":\ndata: 1,\ndata: \"b\":2}\n\n", []string{"{\"a\":\n1,\n\"b\":2}"}, nil},
	} {
		for way, cut := range pieces {
			t.Run(name+" "+way, func(t *testing.T) {
				got, err := read(cut(strings.NewReader(test.stream)), 1024)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
				want := test.err
				if want == nil {
					want = io.EOF
				}
				if !errors.Is(err, want) {
					t.Errorf("ended with %v, not %v", err, want)
				}
			})
		}
	}
}

// A cut is an error, and what came whole before it is handed out.
func TestReaderOfAStreamThatIsCut(t *testing.T) {
	reset := errors.New("connection reset")
	for _, stream := range []string{"data: a\n\n", "data: a\n\ndata: b", "data: a\n\n: x"} {
		for way, cut := range pieces {
			got, err := read(cut(io.MultiReader(strings.NewReader(stream), iotest.ErrReader(reset))), 1024)
			if err != reset || len(got) != 1 || got[0] != "a" {
				t.Errorf("%q %s: %q, %v", stream, way, got, err)
			}
		}
	}
	_, err := read(stuck{}, 1024)
	if err != io.ErrNoProgress {
		t.Errorf("a source that gives nothing: %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// An error stays.
func TestReaderAfterItsEnd(t *testing.T) {
	for _, stream := range []string{"", "data: a", "data: " + strings.Repeat("x", 99) + "\n\ndata: b\n\n"} {
		reader := NewReader(strings.NewReader(stream), 10)
		_, first := reader.Next()
		for range 3 {
			if _, err := reader.Next(); err == nil || err.Error() != first.Error() {
				t.Errorf("%q: %v, and then %v", stream, first, err)
			}
		}
	}
}

func TestRetry(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "1": time.Millisecond, "3000": 3 * time.Second, "007": 7 * time.Millisecond,
		"-5": -1, "1e3": -1, "1.5": -1, "": -1, "x": -1, "5 s": -1, "+5": -1,
	} {
		reader := NewReader(strings.NewReader("retry: "+text+"\n\ndata: a\n\n"), 100)
		if _, err := reader.Next(); err != nil {
			t.Fatal(err)
		}
		delay, ok := reader.Retry()
		if ok != (want >= 0) || ok && delay != want {
			t.Errorf("retry: %s is read as %v, %v", text, delay, ok)
		}
		if _, again := reader.Retry(); again {
			t.Errorf("retry: %s is told twice", text)
		}
	}
	reader := NewReader(strings.NewReader("retry: 99999999999999999999\n\ndata: a\n\n"), 100)
	reader.Next() //nolint:errcheck // what it read is checked
	if delay, ok := reader.Retry(); !ok || delay < 24*time.Hour {
		t.Errorf("a long delay is read as %v, %v", delay, ok)
	}
}

// What is in the buffer can be had without a read.
func TestBuffered(t *testing.T) {
	source := strings.NewReader("data: a\n\ndata: b\n\ndata: c")
	reader := NewReader(io.MultiReader(source, stuck{}), 100)
	if _, ok, err := reader.Buffered(); ok || err != nil {
		t.Errorf("before the first read: %v, %v", ok, err)
	}
	if event, err := reader.Next(); err != nil || string(event.Data) != "a" {
		t.Fatalf("%q, %v", event.Data, err)
	}
	if event, ok, err := reader.Buffered(); !ok || err != nil || string(event.Data) != "b" {
		t.Errorf("%q, %v, %v", event.Data, ok, err)
	}
	if _, ok, err := reader.Buffered(); ok || err != nil {
		t.Errorf("a part of an event: %v, %v", ok, err)
	}
}

// The work does not depend on how the bytes come: a large event in small
// reads is not looked at again and again.
func TestReaderIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	event := []byte("data: " + strings.Repeat("x", 4<<20) + "\n\n")
	best := func(stream []byte, size, events int) time.Duration { // of three: the machine has other work, too
		least := time.Hour
		for range 3 {
			start := time.Now()
			if got, err := read(atMost{bytes.NewReader(stream), size}, 8<<20); err != io.EOF || len(got) != events {
				t.Fatalf("%d events, %v", len(got), err)
			}
			least = min(least, time.Since(start))
		}
		return least
	}
	once, small := best(event, 1<<30, 1), best(event, 1400, 1)
	if small > 20*once+50*time.Millisecond {
		t.Errorf("in reads of 1,400 bytes it took %v, at once %v", small, once)
	}
	short := []byte(strings.Repeat("\r", 1<<20))
	if took := best(short, 1<<30, 0); took > time.Second {
		t.Errorf("a million lines of nothing took %v", took)
	}
}

// Memory does not grow with the stream.
func TestReaderAllocations(t *testing.T) {
	const events = 1000
	stream := strings.Repeat("event: chunk\ndata: {\"type\":\"chunk\"}\n\n", events)
	reader := NewReader(nil, 1024)
	allocations := testing.AllocsPerRun(10, func() {
		*reader = Reader{source: strings.NewReader(stream), limit: 1024, buffer: reader.buffer, partial: reader.partial, event: Event{Data: reader.event.Data[:0]}}
		for range events {
			if _, err := reader.Next(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocations > 10 {
		t.Errorf("%v allocations for %d events", allocations, events)
	}
}

// FuzzReader: however the bytes come, the events are the same, and none is
// longer than the limit.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{"data: a\n\n", "\xef\xbb\xbfdata: a\r\n\r\n", ": c\rid: 1\r\rdata\n\n", "retry: 5\ndata:a\ndata: b\n\nevent: x", "data: " + strings.Repeat("x", 99)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		const limit = 64
		want, wantErr := read(bytes.NewReader(stream), limit)
		for _, event := range want {
			if len(event) > 3*(limit+10) {
				t.Fatalf("an event of %d bytes", len(event))
			}
		}
		for way, cut := range pieces {
			got, err := read(cut(bytes.NewReader(stream)), limit)
			if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("%s: %v, not %v\n%s", way, err, wantErr, diff)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	stream := strings.Repeat("event: chunk\ndata: {\"type\":\"chunk\",\"text\":\"some words of an answer\"}\n\n", 1000)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		reader := NewReader(strings.NewReader(stream), 4<<20)
		for {
			if _, err := reader.Next(); err != nil {
				break
			}
		}
	}
}
