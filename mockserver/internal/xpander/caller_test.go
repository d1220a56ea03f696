package xpander_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
)

// caller sends requests to one API of a server, always with the same headers.
type caller struct {
	t       *testing.T
	server  *mockserver.Server
	prefix  string
	headers map[string]string
}

// with returns a caller with one header changed; "" leaves it out.
func (c caller) with(name, value string) caller {
	headers := map[string]string{name: value}
	for other, kept := range c.headers {
		if other != name {
			headers[other] = kept
		}
	}
	c.headers = headers
	return c
}

// do sends a request and checks the status of the response, and that the
// reason in it quotes no header.
func (c caller) do(method, path, body string, status int) *httptest.ResponseRecorder {
	c.t.Helper()
	request := httptest.NewRequest(method, c.prefix+path, strings.NewReader(body))
	for name, value := range c.headers {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	recorder := httptest.NewRecorder()
	c.server.ServeHTTP(recorder, request)
	if recorder.Code != status {
		c.t.Fatalf("%s %s %.300s: status %d, want %d; %.500s", method, path, body, recorder.Code, status, recorder.Body)
	}
	for _, value := range c.headers {
		if value == "" || value == "application/json" {
			continue
		}
		if strings.Contains(recorder.Header().Get("X-Mock-Reason"), value) {
			c.t.Errorf("the reason quotes a header: %q", recorder.Header().Get("X-Mock-Reason"))
		}
	}
	return recorder
}

// read sends a request and decodes the response.
func (c caller) read(method, path, body string, status int, into any) {
	c.t.Helper()
	recorder := c.do(method, path, body, status)
	if err := json.Unmarshal(recorder.Body.Bytes(), into); err != nil {
		c.t.Fatalf("%s %s: %v in %.300s", method, path, err, recorder.Body)
	}
}

// restored returns a caller of a fresh server that starts from a snapshot of
// the present one.
func (c caller) restored(config mockserver.Config) caller {
	c.t.Helper()
	before := c.server
	config.Seed = before.Snapshot()
	c.server = newServer(c.t, config)
	if diff := cmp.Diff(before.Snapshot(), c.server.Snapshot(), asText); diff != "" {
		c.t.Errorf("the state after a round trip (-before +after):\n%s", diff)
	}
	return c
}

// asText compares free-form JSON as text.
var asText = cmp.Transformer("text", func(raw json.RawMessage) string { return string(raw) })

// newServer returns a server that makes the same ids every time.
func newServer(t *testing.T, config mockserver.Config) *mockserver.Server {
	t.Helper()
	config.Deterministic = true
	server, err := mockserver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// sample reads a published JSON sample.
func sample(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
