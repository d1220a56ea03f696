package roomtest

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
)

// Admin calls the admin API of a server that has no token, below the path of
// the default namespace, and returns the body of a response with the right
// status.
func Admin(t testing.TB, server *mockserver.Server, status int, method, path, body string) string {
	t.Helper()
	request := httptest.NewRequest(method, "http://localhost/_mock/namespaces/default"+path, strings.NewReader(body))
	request.RemoteAddr = "127.0.0.1:1"
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, request)
	if recorder.Code != status {
		t.Fatalf("%s %s %s: status %d, want %d; %s", method, path, body, recorder.Code, status, recorder.Body)
	}
	return recorder.Body.String()
}
