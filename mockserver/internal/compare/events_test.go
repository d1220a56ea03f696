package compare

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// passOn passes a stream on, and returns what came out.
func passOn(e *Events, stream io.Reader) (out string, fromClient bool, err error) {
	var all bytes.Buffer
	fromClient, err = e.PassOn(stream, func(data []byte) error {
		all.Write(data)
		return nil
	})
	return all.String(), fromClient, err
}

func kinds(found *Events) (lines []string) {
	for _, d := range found.Compare(200) {
		lines = append(lines, d.String())
	}
	return lines
}

func TestEventsAreComparedByType(t *testing.T) {
	const stream = "event: a\ndata: {\"id\":\"r1\",\"n\":1}\n\ndata: {\"type\":\"b\"}\n\ndata: text\n\ndata: [DONE]\n\n"
	for name, c := range map[string]struct {
		mock string
		want []string
	}{
		"same":       {stream, nil},
		"more of it": {"event: a\ndata: {\"id\":\"m1\",\"n\":1}\n\n" + stream, nil},
		"by member":  {strings.Replace(stream, "event: a\ndata: {", "data: {\"type\":\"a\",", 1), []string{"200 event a: extra /type: only the mock has it: string"}},
		"shape":      {strings.Replace(stream, `"n":1`, `"n":"1"`, 1), []string{"200 event a: type /n: real number, mock string"}},
		"no mark":    {strings.Replace(stream, "data: [DONE]\n\n", "", 1), []string{"200: event-missing: only the real API has it: [DONE]"}},
		"more types": {stream + "event: c\ndata: {}\n\n", []string{"200: event-extra: only the mock has it: c"}},
		"order":      {"data: [DONE]\n\n" + strings.Replace(stream, "data: [DONE]\n\n", "", 1), []string{"200: event-order: real a, b, message, [DONE], mock [DONE], a, b, message"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := NewEvents(new(Session))
			e.Mock([]byte(c.mock))
			if _, _, err := passOn(e, iotest.OneByteReader(strings.NewReader(stream))); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, kinds(e)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The ids of an event are known before the client can have it, if the mock has
// sent its own.
func TestEventsAreKnownBeforeTheyArePassedOn(t *testing.T) {
	session := new(Session)
	e := NewEvents(session)
	e.Mock([]byte("data: {\"task_id\":\"m1\"}\n\n"))
	_, err := e.PassOn(strings.NewReader("data: {\"task_id\":\"r1\"}\n\n"), func([]byte) error {
		if got := session.MockPath("/tasks/r1"); got != "/tasks/m1" {
			t.Errorf("the path is %s", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPassOnTellsWhoEndedIt(t *testing.T) {
	broken := errors.New("broken")
	e := NewEvents(new(Session))
	out, fromClient, err := passOn(e, io.MultiReader(strings.NewReader("data: 1\n\nda"), iotest.ErrReader(broken)))
	if out != "data: 1\n\nda" || fromClient || !errors.Is(err, broken) {
		t.Errorf("%q, %t, %v", out, fromClient, err)
	}
	fromClient, err = e.PassOn(strings.NewReader("data: 1\n\n"), func([]byte) error { return broken })
	if !fromClient || !errors.Is(err, broken) {
		t.Errorf("%t, %v", fromClient, err)
	}
}

func TestPassOnIsBounded(t *testing.T) {
	long := "data: 1\n\ndata: " + strings.Repeat("x", longestEvent+10) + "\n\ndata: {\"type\":\"later\"}\n\n"
	e := NewEvents(new(Session))
	out, _, err := passOn(e, strings.NewReader(long))
	if out != long || err != nil {
		t.Errorf("%d of %d bytes, %v", len(out), len(long), err)
	}
	if diff := cmp.Diff([]string{"200: event-missing: only the real API has it: message"}, kinds(e)); diff != "" {
		t.Error(diff)
	}
	e = NewEvents(new(Session))
	var many strings.Builder
	for range 3 * maxUnpaired {
		many.WriteString("data: {}\n\n")
	}
	for n := range 2 * maxTypes {
		many.WriteString("event: " + strings.Repeat("e", n) + "\ndata: {}\n\n")
	}
	e.Mock([]byte(many.String()))
	if len(e.mock.types) > maxTypes || len(e.mock.types["message"].unpaired) > maxUnpaired {
		t.Errorf("%d types, %d events", len(e.mock.types), len(e.mock.types["message"].unpaired))
	}
}

// FuzzPassOn: whatever a stream has in it comes out as it went in.
func FuzzPassOn(f *testing.F) {
	f.Add("event: a\ndata: {\"id\":\"1\"}\n\n: c\r\n\r\nretry: 1\r\rdata", true)
	f.Fuzz(func(t *testing.T, stream string, byByte bool) {
		var reader io.Reader = strings.NewReader(stream)
		if byByte {
			reader = iotest.OneByteReader(reader)
		}
		e := NewEvents(new(Session))
		e.Mock([]byte(stream))
		if out, _, err := passOn(e, reader); out != stream || err != nil {
			t.Errorf("%q came out as %q, %v", stream, out, err)
		}
		if lines := kinds(e); lines != nil {
			t.Errorf("%q differs from itself: %q", stream, lines)
		}
	})
}
