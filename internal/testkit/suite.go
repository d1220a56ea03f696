package testkit

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
)

// Suite is what the tests of one client package share. C is the type of its
// client.
type Suite[C any] struct {
	Provider string
	BaseURL  string
	Header   map[string]string // that every request must have: the credentials
	New      func(testing.TB, agentclients.Options) C
}

// Record returns a client whose requests go to a Recorder.
func (s Suite[C]) Record(t testing.TB) (C, *Recorder) {
	t.Helper()
	recorder := NewRecorder(t)
	return s.New(t, agentclients.Options{HTTPClient: recorder.Client()}), recorder
}

// Documented checks a create with the documented request and answer: the
// whole request, at a path below the base, and the agent that is read.
func Documented[C, T any](t *testing.T, s Suite[C], create func(context.Context, C) (*T, error), path string, request, answer []byte, want *T) {
	t.Helper()
	client, recorder := s.Record(t)
	recorder.Answer(http.StatusCreated, string(answer))
	agent, err := create(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]string{
		"Accept":       "application/json",
		"Content-Type": "application/json",
		"User-Agent":   "agentclients-go/" + transport.Version() + " (" + s.Provider + ")",
	}
	maps.Copy(header, s.Header)
	sent := Request{Method: http.MethodPost, URL: s.BaseURL + path, Header: header, Body: Compact(t, request)}
	if diff := cmp.Diff(sent, recorder.Last(t)); diff != "" {
		t.Errorf("request (-want +sent):\n%s", diff)
	}
	if diff := cmp.Diff(want, agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
}

// Sends checks what a call sends that gets a response: the method, the URL
// below the base and the body.
func (s Suite[C]) Sends(t *testing.T, answer string, call func(context.Context, C) error, want string) {
	t.Helper()
	client, recorder := s.Record(t)
	recorder.Answer(http.StatusOK, answer)
	if err := call(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	last := recorder.Last(t)
	got := last.Method + " " + strings.TrimPrefix(last.URL, s.BaseURL) + " " + last.Body
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +sent):\n%s", diff)
	}
	for name, value := range s.Header {
		if last.Header[name] != value {
			t.Errorf("%s was sent as %q", name, last.Header[name])
		}
	}
}

// Refuses checks that a call is refused before anything is sent, and that
// the error names these fields by their wire names.
func (s Suite[C]) Refuses(t *testing.T, call func(context.Context, C) error, want []string) {
	t.Helper()
	client, recorder := s.Record(t)
	err := call(t.Context(), client)
	var e *agentclients.Error
	if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrInvalidRequest) {
		t.Fatalf("error %v is not ErrInvalidRequest", err)
	}
	var got []string
	for _, field := range e.Fields {
		got = append(got, field.Path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if len(recorder.Requests) > 0 {
		t.Errorf("%d requests were sent", len(recorder.Requests))
	}
}

// Explains checks what the error of a create says about a response: its Code,
// Message, Fields and RequestID are those of want, and it is of a kind.
func Explains[C, T any](t *testing.T, s Suite[C], create func(context.Context, C) (*T, error), status int, body string, want agentclients.Error, kind error) {
	t.Helper()
	recorder := NewRecorder(t).Answer(status, body).Answer(http.StatusNotFound, "") // to the read that settles, if there is one
	client := s.New(t, agentclients.Options{HTTPClient: recorder.Client(), Retry: agentclients.RetryPolicy{MaxAttempts: 1}})
	value, err := create(t.Context(), client)
	var e *agentclients.Error
	if value != nil || !errors.As(err, &e) || !errors.Is(err, kind) {
		t.Fatalf("got %v, and %v is not %v", value, err, kind)
	}
	if errors.Is(err, agentclients.ErrOutcomeUnknown) != (status >= 500) {
		t.Errorf("wrong about the outcome: %v", err)
	}
	got := agentclients.Error{Code: e.Code, Message: e.Message, Fields: e.Fields, RequestID: e.RequestID}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if e.Provider != s.Provider || e.Op != "create agent" || e.StatusCode != status || string(e.Body) != body {
		t.Errorf("error lacks what happened: %q %q %d %q", e.Provider, e.Op, e.StatusCode, e.Body)
	}
}

// Repeats checks how many requests a call sends that always fail in a way that
// may have taken effect (those of a read that settles included), and whether
// its error leaves the outcome open.
func (s Suite[C]) Repeats(t *testing.T, call func(context.Context, C) error, requests int, unknown bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, recorder := s.Record(t)
		for range requests {
			recorder.Answer(http.StatusBadGateway, "")
		}
		err := call(t.Context(), client)
		if !errors.Is(err, agentclients.ErrServer) || errors.Is(err, agentclients.ErrOutcomeUnknown) != unknown {
			t.Errorf("error %v", err)
		}
		if len(recorder.Requests) != requests {
			t.Errorf("%d requests, not %d", len(recorder.Requests), requests)
		}
	})
}

// Unreadable checks that a response of 2xx that cannot be read never passes for
// a value, is never asked for a second time, and is kept. doubt: whether it
// leaves the outcome open, also if a look finds nothing.
func Unreadable[C, T any](t *testing.T, s Suite[C], body string, doubt bool, call func(context.Context, C) (*T, error)) {
	t.Helper()
	client, recorder := s.Record(t)
	recorder.Answer(http.StatusOK, body)
	if doubt {
		recorder.Answer(http.StatusNotFound, "")
	}
	value, err := call(t.Context(), client)
	if value != nil || !errors.Is(err, agentclients.ErrDecode) || errors.Is(err, agentclients.ErrOutcomeUnknown) != doubt {
		t.Fatalf("%q: got %v, %v", body, value, err)
	}
	var e *agentclients.Error
	if errors.As(err, &e); string(e.Body) != body || e.StatusCode != http.StatusOK {
		t.Errorf("the answer %q is lost: %d %q", body, e.StatusCode, e.Body)
	}
	for _, request := range recorder.Requests[1:] {
		if !doubt || request.Method != http.MethodGet {
			t.Errorf("%q: %s %s was sent, too", body, request.Method, request.URL)
		}
	}
}

// Walk is what a walk over the pages of a list must come to.
type Walk struct {
	Answers []string // to the requests of the walk
	IDs     []string // of the items, in their order
	Queries []string // of the requests
}

// Walks checks a walk over the pages of a list.
func Walks[C, T any](t *testing.T, s Suite[C], walk func(context.Context, C) iter.Seq2[T, error], id func(T) string, want Walk) {
	t.Helper()
	client, recorder := s.Record(t)
	for _, answer := range want.Answers {
		recorder.Answer(http.StatusOK, answer)
	}
	got := Walk{Answers: want.Answers}
	for item, err := range walk(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		got.IDs = append(got.IDs, id(item))
	}
	for _, request := range recorder.Requests {
		_, query, _ := strings.Cut(request.URL, "?")
		got.Queries = append(got.Queries, query)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("walk (-want +got):\n%s", diff)
	}
}

// Stops checks where a walk over the pages of a list ends. page is a response
// with items and with many pages after it.
func Stops[C, T any](t *testing.T, s Suite[C], page string, walk func(context.Context, C) iter.Seq2[T, error]) {
	count := func(all iter.Seq2[T, error]) (items int, errs []error) {
		for _, err := range all {
			if err != nil {
				errs = append(errs, err)
			} else {
				items++
			}
		}
		return items, errs
	}
	t.Run("at a break", func(t *testing.T) {
		client, recorder := s.Record(t)
		recorder.Answer(http.StatusOK, page)
		for range walk(t.Context(), client) {
			break
		}
		if len(recorder.Requests) != 1 {
			t.Errorf("%d requests", len(recorder.Requests))
		}
	})
	t.Run("with one error, and can be walked again", func(t *testing.T) {
		client, recorder := s.Record(t)
		all := walk(t.Context(), client)
		for range 2 {
			recorder.Answer(http.StatusOK, page).Answer(http.StatusForbidden, "")
			if items, errs := count(all); items == 0 || len(errs) != 1 || !errors.Is(errs[0], agentclients.ErrForbidden) {
				t.Errorf("%d items, errors %v", items, errs)
			}
		}
		if first, second := recorder.Requests[0].URL, recorder.Requests[2].URL; first != second {
			t.Errorf("the second walk begins at %s, not at %s", second, first)
		}
	})
	t.Run("when the list does not move on", func(t *testing.T) {
		client, recorder := s.Record(t)
		for range 20 {
			recorder.Answer(http.StatusOK, page)
		}
		if items, errs := count(walk(t.Context(), client)); items == 0 || len(errs) != 1 || !errors.Is(errs[0], agentclients.ErrDecode) {
			t.Errorf("%d items, errors %v", items, errs)
		}
	})
	t.Run("when the context ends", func(t *testing.T) {
		client, recorder := s.Record(t)
		recorder.Answer(http.StatusOK, page)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, err := range walk(ctx, client) {
			cancel()
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("ended with %v", last)
		}
	})
}

// ReportsProblems checks the error of a NewClient: it names what is wrong, and
// what would mend it.
func ReportsProblems(t *testing.T, err error, names ...string) {
	t.Helper()
	if !errors.Is(err, agentclients.ErrInvalidRequest) {
		t.Fatalf("error %v is not ErrInvalidRequest", err)
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error does not name %s: %v", name, err)
		}
	}
}
