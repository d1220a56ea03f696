package mockserver

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// TestWrongMethods: all APIs refuse a method that a path does not have alike,
// and say that this is a guess.
func TestWrongMethods(t *testing.T) {
	for api, path := range map[string]string{
		Omniflow:    "/v1/api/omni-flow-agents",
		Agentloop:   "/v1/agents",
		Orq:         "/v2/agents",
		Phoneagents: "/users/u/agents",
		Xpander:     "/v1/agents",
	} {
		server, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		request := httptest.NewRequest(http.MethodPatch, "/"+string(api)+path, nil)
		for _, name := range []string{"X-Api-Key", "Authorization", "X-Workspace-Id"} {
			request.Header.Set(name, "Bearer key")
		}
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		header := recorder.Header()
		allowed := strings.FieldsFunc(header.Get("Allow"), func(c rune) bool { return c == ',' || c == ' ' })
		slices.Sort(allowed)
		if recorder.Code != http.StatusMethodNotAllowed || !slices.Equal(allowed, []string{"GET", "POST"}) {
			t.Errorf("%s: %d with Allow %q", api, recorder.Code, header.Get("Allow"))
		}
		if reason := header.Get("X-Mock-Reason"); !strings.Contains(reason, `got "PATCH"`) {
			t.Errorf("%s: reason %q", api, reason)
		}
		if guesses := server.Calls(journal.Match{})[0].Guesses; !slices.Contains(guesses, string(api)+".405") {
			t.Errorf("%s: guesses %q", api, guesses)
		}
	}
}
