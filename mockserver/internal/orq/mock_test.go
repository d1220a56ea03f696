package orq_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
)

// mock is a server with the orq API, and a clock that the test moves.
type mock struct {
	*testing.T
	server *mockserver.Server
	now    time.Time
}

const adminToken = "adm-1"

func newMock(t *testing.T, config mockserver.Config) *mock {
	t.Helper()
	m := &mock{T: t, now: time.Date(2025, 11, 20, 9, 30, 0, 0, time.UTC)}
	config.Deterministic = true
	config.AdminToken = adminToken
	config.Now = func() time.Time { return m.now }
	server, err := mockserver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	m.server = server
	return m
}

// with is a configuration that switches a variant on.
func with(variant string) mockserver.Config {
	return mockserver.Config{Variants: []string{variant}}
}

// as sends a request with a token.
func (m *mock) as(token, method, path, body string) *httptest.ResponseRecorder {
	m.Helper()
	request := httptest.NewRequest(method, "/orq"+path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	m.server.ServeHTTP(recorder, request)
	return recorder
}

func (m *mock) send(method, path, body string) *httptest.ResponseRecorder {
	m.Helper()
	return m.as("sk-orq-1", method, path, body)
}

// want sends a request, checks the status, and returns the body as plain JSON.
func (m *mock) want(status int, method, path, body string) map[string]any {
	m.Helper()
	response := m.send(method, path, body)
	if response.Code != status {
		m.Fatalf("%s %s: status %d, want %d: %s", method, path, response.Code, status, response.Body)
	}
	return plainObject(m.T, response.Body.Bytes())
}

// rule adds a rule, as the admin API has it.
func (m *mock) rule(rule string) {
	m.Helper()
	request := httptest.NewRequest("POST", "/_mock/namespaces/default/rules", strings.NewReader(rule))
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response := httptest.NewRecorder()
	m.server.ServeHTTP(response, request)
	if response.Code >= 300 {
		m.Fatalf("rule %s: %d %s", rule, response.Code, response.Body)
	}
}

func plainObject(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return members
}

// agentBody is the smallest body that makes an agent, with some members changed.
// A member whose new value is "" is dropped.
func agentBody(t *testing.T, changes map[string]string) string {
	t.Helper()
	members := map[string]json.RawMessage{
		"key":          json.RawMessage(`"support.agent"`),
		"role":         json.RawMessage(`"Assistant"`),
		"description":  json.RawMessage(`"Answers"`),
		"instructions": json.RawMessage(`""`),
		"path":         json.RawMessage(`"Default"`),
		"model":        json.RawMessage(`"openai/gpt-4o"`),
		"settings":     json.RawMessage(`{}`),
	}
	for name, value := range changes {
		members[name] = json.RawMessage(value)
		if value == "" {
			delete(members, name)
		}
	}
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// issuesOf lists the issues of a 400 as "path message".
func issuesOf(t *testing.T, response *httptest.ResponseRecorder) []string {
	t.Helper()
	var refusal struct {
		Message string
		Details *struct {
			Issues []struct {
				Path    []any
				Message string
			}
		}
	}
	if err := json.Unmarshal(response.Body.Bytes(), &refusal); err != nil {
		t.Fatalf("%v: %s", err, response.Body)
	}
	if response.Code != http.StatusBadRequest || refusal.Message == "" || refusal.Details == nil {
		t.Fatalf("status %d, want a 400 with issues: %s", response.Code, response.Body)
	}
	var issues []string
	for _, issue := range refusal.Details.Issues {
		issues = append(issues, strings.Trim(fmt.Sprint(issue.Path), "[]")+": "+issue.Message)
	}
	return issues
}
