package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"

	agentclients "github.com/agentclients/agentclients-go"
)

// byteOrderMark is what some servers write before JSON.
const byteOrderMark = "\xef\xbb\xbf"

// SkipsMarks checks that a response and an error are read behind a byte order
// mark.
func SkipsMarks[C, T any](t *testing.T, s Suite[C], body string, get func(context.Context, C) (*T, error)) {
	t.Helper()
	client, recorder := s.Record(t)
	recorder.Answer(http.StatusOK, byteOrderMark+body).Answer(http.StatusBadRequest, byteOrderMark+`{"message":"the name is taken"}`)
	if value, err := get(t.Context(), client); err != nil || value == nil {
		t.Errorf("got %v, %v", value, err)
	}
	_, err := get(t.Context(), client)
	var e *agentclients.Error
	if !errors.As(err, &e) || e.Message != "the name is taken" {
		t.Errorf("error %v", err)
	}
}

// ReadsNullAsNothing checks that null for a list is an empty list.
func ReadsNullAsNothing[C, T any](t *testing.T, s Suite[C], body string, list func(context.Context, C) ([]T, error)) {
	t.Helper()
	client, recorder := s.Record(t)
	recorder.Answer(http.StatusOK, body)
	if items, err := list(t.Context(), client); err != nil || items == nil || len(items) > 0 {
		t.Errorf("%s: got %v, %v", body, items, err)
	}
}

// MarshalsAsSent checks that a request encodes to what is sent for it, extra
// fields included.
func (s Suite[C]) MarshalsAsSent(t *testing.T, request any, response string, send func(context.Context, C) error) {
	t.Helper()
	client, recorder := s.Record(t)
	recorder.Answer(http.StatusOK, response)
	if err := send(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := DiffJSON(t, []byte(recorder.Last(t).Body), encoded); diff != "" {
		t.Errorf("%T (-sent +encoded):\n%s", request, diff)
	}
	if !strings.Contains(string(encoded), `"extra":"e"`) {
		t.Errorf("%T lost its extra field: %s", request, encoded)
	}
}

// PrintsOneLine checks what a value, and a pointer to it, is printed as.
func PrintsOneLine[T fmt.Stringer](t *testing.T, want string, value T) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%s"} {
		for _, printed := range []string{fmt.Sprintf(verb, value), fmt.Sprintf(verb, &value)} {
			if printed != want {
				t.Errorf("%T with %s: %s, not %s", value, verb, printed, want)
			}
		}
	}
}

// Listed is a list of agents on a server, the newest first.
type Listed struct {
	IDs    []string
	AtMost int // agents in a page, whatever was asked for; 0: no limit
}

// Remove removes an agent.
func (l *Listed) Remove(id string) {
	for i := range l.IDs {
		if l.IDs[i] == id {
			l.IDs = append(l.IDs[:i:i], l.IDs[i+1:]...)
			return
		}
	}
}

// Part returns the agents from an offset on, at most limit of them.
func (l *Listed) Part(offset, limit int) []string {
	if l.AtMost > 0 {
		limit = min(limit, l.AtMost)
	}
	from := min(offset, len(l.IDs))
	return l.IDs[from:min(from+limit, len(l.IDs))]
}

// WalksThroughChanges checks a walk over a list that loses agents meanwhile.
// page returns what the server says to a query.
func WalksThroughChanges[C, T any](t *testing.T, s Suite[C], size int, page func(*Listed, url.Values) string, walk func(context.Context, C) iter.Seq2[T, error], id func(T) string) {
	for name, gone := range map[string]func(n int) bool{
		"nothing is deleted":          func(int) bool { return false },
		"each agent is deleted":       func(int) bool { return true },
		"each second one is deleted":  func(n int) bool { return n%2 == 0 },
		"the first ones of each page": func(n int) bool { return n%10 < 7 },
	} {
		t.Run(name, func(t *testing.T) {
			list := &Listed{AtMost: 50}
			for i := range size {
				list.IDs = append(list.IDs, fmt.Sprintf("a%03d", i))
			}
			transport := httpmock.NewMockTransport()
			transport.RegisterNoResponder(func(request *http.Request) (*http.Response, error) {
				return httpmock.NewStringResponse(http.StatusOK, page(list, request.URL.Query())), nil
			})
			client := s.New(t, agentclients.Options{HTTPClient: &http.Client{Transport: transport}})
			seen := map[string]bool{}
			for item, err := range walk(t.Context(), client) {
				if err != nil {
					t.Fatal(err)
				}
				if seen[id(item)] {
					t.Fatalf("%s came twice", id(item))
				}
				seen[id(item)] = true
				if gone(len(seen) - 1) {
					list.Remove(id(item))
				}
			}
			if len(seen) != size {
				t.Errorf("%d agents came, not %d", len(seen), size)
			}
		})
	}
}
