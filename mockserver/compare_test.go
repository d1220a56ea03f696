package mockserver_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// compared sends one request through a mock to a handler that stands for orq.
func compared(t *testing.T, config mockserver.Config, real http.HandlerFunc) (*mockserver.Server, *http.Response, string) {
	t.Helper()
	server := httptest.NewServer(real)
	t.Cleanup(server.Close)
	config.Compare = map[string]string{mockserver.Orq: server.URL}
	mock := mockserver.Start(t, config)
	r, err := http.NewRequest("GET", mock.URL(mockserver.Orq)+"/v2/agents/a1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk-very-secret")
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return mock, response, string(body)
}

func TestComparisonKeepsNoSecretOfAGzippedResponse(t *testing.T) {
	for _, keep := range []bool{true, false} {
		mock, response, _ := compared(t, mockserver.Config{CompareKeep: keep}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("X-Real", "yes")
			packed := gzip.NewWriter(w)
			io.WriteString(packed, `{"echo":"sk-very-secret","api_key":"other-secret","name":"shown"}`) //nolint:errcheck // checked below
			packed.Close()
		})
		call := mock.Calls(journal.Match{})[0]
		if response.Header.Get("X-Real") != "yes" || response.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("headers are %v", response.Header)
		}
		if strings.Contains(call.RealResponse, "secret") || strings.Contains(call.RealResponse, "shown") != keep {
			t.Errorf("keep %t: %s", keep, call.RealResponse)
		}
		if call.NotCompared != "the mock has no such record" || len(mock.Differences()) > 0 {
			t.Errorf("%q, %v", call.NotCompared, mock.Differences())
		}
	}
}

func TestComparisonWithAnAPIThatCannotBeReached(t *testing.T) {
	mock, response, body := compared(t, mockserver.Config{}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	call := mock.Calls(journal.Match{})[0]
	if response.StatusCode != 502 || !strings.Contains(body, "may have taken effect or not") || strings.Contains(body, "secret") || call.RealStatus != 0 {
		t.Errorf("%s %s %+v", response.Status, body, call)
	}
}

func TestComparisonNamesAnUnknownAPI(t *testing.T) {
	_, err := mockserver.New(mockserver.Config{Compare: map[string]string{"orc": "https://h"}})
	if err == nil || !strings.Contains(err.Error(), `Compare: unknown API "orc"`) {
		t.Error(err)
	}
}
