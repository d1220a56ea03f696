// Package roomtest tests emulated APIs as their clients see them.
package roomtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
)

// Caller sends requests to one API of a server, always with the same headers.
type Caller struct {
	T       *testing.T
	Server  *mockserver.Server
	Prefix  string // of the paths, such as "/orq"
	Headers map[string]string
}

// With returns a Caller with one header changed; "" leaves it out.
func (c Caller) With(name, value string) Caller {
	c.Headers = maps.Clone(c.Headers)
	c.Headers[name] = value
	return c
}

// Send sends a request.
func (c Caller) Send(method, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, c.Prefix+path, strings.NewReader(body))
	for name, value := range c.Headers {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	recorder := httptest.NewRecorder()
	c.Server.ServeHTTP(recorder, request)
	return recorder
}

// Do sends a request and checks the status of the response, and that the
// reason in it quotes no header.
func (c Caller) Do(method, path, body string, status int) *httptest.ResponseRecorder {
	c.T.Helper()
	recorder := c.Send(method, path, body)
	if recorder.Code != status {
		c.T.Fatalf("%s %s %.300s: status %d, want %d; %.500s", method, path, body, recorder.Code, status, recorder.Body)
	}
	for _, value := range c.Headers {
		if value == "" || value == "application/json" {
			continue
		}
		if strings.Contains(recorder.Header().Get("X-Mock-Reason"), value) {
			c.T.Errorf("the reason quotes a header: %q", recorder.Header().Get("X-Mock-Reason"))
		}
	}
	return recorder
}

// Read sends a request and decodes the response.
func (c Caller) Read(method, path, body string, status int, into any) {
	c.T.Helper()
	recorder := c.Do(method, path, body, status)
	if err := json.Unmarshal(recorder.Body.Bytes(), into); err != nil {
		c.T.Fatalf("%s %s: %v in %.300s", method, path, err, recorder.Body)
	}
}

// Fail makes the next requests for an operation fail, each in one of the ways
// given: {"status":503}.
func (c Caller) Fail(op string, faults ...string) {
	c.T.Helper()
	Admin(c.T, c.Server, 201, "POST", "/rules", fmt.Sprintf(`{"op":%q,"queue":[%s]}`, op, strings.Join(faults, ",")))
}

// Restored returns a Caller of a fresh server that starts from a snapshot of
// the present one.
func (c Caller) Restored(config mockserver.Config) Caller {
	c.T.Helper()
	before := c.Server
	config.Seed = before.Snapshot()
	c.Server = NewServer(c.T, config)
	if diff := cmp.Diff(before.Snapshot(), c.Server.Snapshot(), AsText); diff != "" {
		c.T.Errorf("the state after a round trip (-before +after):\n%s", diff)
	}
	return c
}

// AsText compares free-form JSON as text.
var AsText = cmp.Transformer("text", func(raw json.RawMessage) string { return string(raw) })

// NewServer returns a server that makes the same ids every time.
func NewServer(t *testing.T, config mockserver.Config) *mockserver.Server {
	t.Helper()
	config.Deterministic = true
	server, err := mockserver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// Sample reads a published JSON sample.
func Sample(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Squeeze removes insignificant white space.
func Squeeze(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return out.String()
}
