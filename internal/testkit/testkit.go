// Package testkit holds what the tests of all five clients need.
package testkit

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jarcoal/httpmock"
)

// ReadFile returns a file of the package's testdata.
func ReadFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Compact returns JSON without insignificant white space.
func Compact(t testing.TB, data []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, data); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return out.String()
}

// Request is what a server saw of a request.
type Request struct {
	Method string
	URL    string // with the query
	Header map[string]string
	Body   string
}

// Recorder answers requests from a queue, without a network, and keeps them.
type Recorder struct {
	*httpmock.MockTransport
	Requests []Request
	answers  []*http.Response
	then     func(Request) (status int, body string)
}

// NewRecorder returns a Recorder without answers.
func NewRecorder(t testing.TB) *Recorder {
	r := &Recorder{MockTransport: httpmock.NewMockTransport()}
	r.RegisterNoResponder(func(request *http.Request) (*http.Response, error) {
		seen := Request{Method: request.Method, URL: request.URL.String(), Header: map[string]string{}}
		for name := range request.Header {
			seen.Header[name] = request.Header.Get(name)
		}
		if request.Body != nil {
			body, err := io.ReadAll(request.Body)
			if err != nil {
				return nil, err
			}
			seen.Body = string(body)
		}
		r.Requests = append(r.Requests, seen)
		if len(r.answers) == 0 && r.then != nil {
			status, body := r.then(seen)
			return httpmock.NewStringResponse(status, body), nil
		}
		if len(r.answers) == 0 {
			t.Errorf("unexpected request %s %s", seen.Method, seen.URL)
			return httpmock.NewStringResponse(http.StatusNotImplemented, ""), nil
		}
		answer := r.answers[0]
		r.answers = r.answers[1:]
		return answer, nil
	})
	return r
}

// Answer queues a response.
func (r *Recorder) Answer(status int, body string) *Recorder {
	return r.AnswerWith(status, nil, body)
}

// AnswerWith queues a response with headers of its own.
func (r *Recorder) AnswerWith(status int, header http.Header, body string) *Recorder {
	answer := httpmock.NewStringResponse(status, body)
	answer.Header.Set("Content-Type", "application/json")
	for name, values := range header {
		answer.Header[http.CanonicalHeaderKey(name)] = values
	}
	r.answers = append(r.answers, answer)
	return r
}

// Then sets what comes after the queued responses: each is made for its
// request.
func (r *Recorder) Then(respond func(Request) (status int, body string)) { r.then = respond }

// Client returns an http.Client that asks the Recorder.
func (r *Recorder) Client() *http.Client { return &http.Client{Transport: r} }

// Last returns the latest request.
func (r *Recorder) Last(t testing.TB) Request {
	t.Helper()
	if len(r.Requests) == 0 {
		t.Fatal("no request was sent")
	}
	return r.Requests[len(r.Requests)-1]
}

// EncodesBack checks that a value encodes to the JSON that it was read from. A
// member that is null counts like one that is absent.
func EncodesBack(t testing.TB, sample []byte, value any) {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if diff := DiffJSON(t, sample, encoded); diff != "" {
		t.Errorf("JSON (-sample +encoded):\n%s", diff)
	}
}

// DiffJSON compares two JSON texts as values. A member that is null counts
// like one that is absent.
func DiffJSON(t testing.TB, want, got []byte) string {
	t.Helper()
	return cmp.Diff(parse(t, want), parse(t, got))
}

func parse(t testing.TB, data []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return withoutNulls(value)
}

func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if member == nil {
				delete(value, name)
			} else {
				value[name] = withoutNulls(member)
			}
		}
	case []any:
		for i, item := range value {
			value[i] = withoutNulls(item)
		}
	case json.Number: // 0 and 0.0 are one number
		number, _ := value.Float64()
		return number
	}
	return value
}
