package mockserver

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// browse sends what a browser sends for a page.
func browse(t *testing.T, server *Server, method, path string, header ...string) exchanged {
	t.Helper()
	body := ""
	if method == "POST" {
		body = `{"name":"a"}`
	}
	r, err := http.NewRequest(method, strings.TrimSuffix(server.URL(Orq), "/orq")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"X-Api-Key": {"k"}, "X-Workspace-Id": {"w"}, "Authorization": {"Bearer k"}, "Content-Type": {"application/json"}}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Add(header[i], header[i+1])
		}
	}
	return exchangeWith(server.Client(), r)
}

// What a web page of others sends makes nothing, takes no place and is in no
// journal; it is told which flag would allow it, and counted.
func TestPagesOfOthersAreTurnedAway(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			server := s.start(t, Config{MaxNamespaces: 3, AllowOrigins: []string{"http://app.example:3000"}})
			refused := 0
			for i, header := range [][]string{
				{"Sec-Fetch-Site", "cross-site"},
				{"Sec-Fetch-Site", "same-site"},
				{"Origin", "http://evil.example"},
				{"Origin", "http://evil.example", "Host", "evil.example"},
				{"Origin", "http://evil.example", "Host", "evil.example", "Sec-Fetch-Site", "same-origin"},
				{"Origin", "null"},
				{"Origin", "http://localhost:1"},
				{"Origin", "http://localhost.evil.example"},
				{"Origin", "https://app.example:3000"},
				{"Origin", "http://app.example"},
				{"Origin", "http://app.example:3000", "Origin", "http://evil.example"},
				{"Origin", "file://"},
			} {
				for _, path := range []string{"/omniflow" + omniflowAgents, fmt.Sprintf("/_ns/web%d/omniflow%s", i, omniflowAgents), "/nowhere", "/_mock/namespaces", "/_mock/health"} {
					for _, method := range []string{"GET", "POST", "OPTIONS"} {
						if path == "/_mock/health" && header[0] != "Origin" {
							continue // a link may lead there
						}
						asked := append([]string{"Access-Control-Request-Method", "POST"}, header...)
						got := browse(t, server, method, path, asked...)
						if got.err != nil || got.status != http.StatusForbidden || !strings.Contains(got.body, "-allow-origins") {
							t.Errorf("%s %s with %q: %+v", method, path, header, got)
						}
						for name := range got.header {
							if strings.HasPrefix(name, "Access-Control-") {
								t.Errorf("%s %s with %q: the response has %s", method, path, header, name)
							}
						}
						refused++
					}
				}
			}
			if calls := server.Calls(journal.Match{}); len(calls) > 0 || len(server.Namespaces()) != 1 || len(server.Agents(Omniflow)) > 0 {
				t.Errorf("%d calls, %d namespaces, %d agents", len(calls), len(server.Namespaces()), len(server.Agents(Omniflow)))
			}
			if got := browse(t, server, "GET", "/_mock/metrics"); !strings.Contains(got.body, fmt.Sprintf("\nagentmock_foreign_requests_total %d\n", refused)) {
				t.Errorf("%d were refused: %s", refused, got.body)
			}
		})
	}
}

// The server's own pages, and those that the configuration names, are served,
// and may read the response.
func TestPagesThatAreAllowed(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			server := s.start(t, Config{AllowOrigins: []string{"http://app.example:3000"}})
			own := strings.TrimSuffix(server.URL(Orq), "/orq")
			origins := []string{"http://app.example:3000", "HTTP://APP.example:3000", own}
			if s.name != "memory" {
				_, port, _ := strings.Cut(strings.TrimPrefix(own, "http://"), ":")
				origins = append(origins, "http://localhost:"+port, "http://127.0.0.1:"+port, "http://[::1]:"+port, "https://localhost:"+port)
			}
			for i, origin := range origins {
				path := "/omniflow" + omniflowAgents
				got := browse(t, server, "POST", path, "Origin", origin, "Sec-Fetch-Site", "cross-site")
				if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != origin || got.header.Get("Vary") != "Origin" || got.header.Get("Access-Control-Expose-Headers") != "*" {
					t.Errorf("%s: %+v", origin, got)
				}
				for _, asked := range []string{path, fmt.Sprintf("/_ns/new%d/orq/v2/agents", i), "/_mock/namespaces", "/_mock/health"} {
					got := browse(t, server, "OPTIONS", asked, "Origin", origin, "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization,x-api-key")
					if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != origin || got.body != "" ||
						got.header.Get("Access-Control-Allow-Headers") != "authorization,x-api-key" || !strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "PATCH") {
						t.Errorf("%s asks for %s: %+v", origin, asked, got)
					}
				}
			}
			if n := len(server.Calls(journal.Match{})); n != len(origins) || len(server.Namespaces()) != 1 {
				t.Errorf("%d calls and %d namespaces after %d requests: what browsers ask beforehand is none", n, len(server.Namespaces()), len(origins))
			}
			for _, header := range [][]string{nil, {"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Site", "same-origin"}, {"Host", "mock.internal"}} {
				if got := browse(t, server, "POST", "/omniflow"+omniflowAgents, header...); got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%q: %+v", header, got)
				}
			}
		})
	}
}

// The admin token is still needed, whoever may ask.
func TestAllowedPagesNeedTheToken(t *testing.T) {
	server := StartInMemory(t, Config{AdminToken: "t0ken", AllowOrigins: []string{"http://app.example"}})
	for token, want := range map[string]int{"other": 401, "t0ken": 201} {
		r, err := http.NewRequest("POST", "http://mock.localhost/_mock/namespaces", strings.NewReader(`{"name":"a"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Origin": {"http://app.example"}, "X-Mock-Token": {token}}
		if got := exchangeWith(server.Client(), r); got.status != want || got.header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("token %q: %+v", token, got)
		}
	}
	if got := browse(t, server, "OPTIONS", "/_mock/namespaces", "Origin", "http://app.example", "Access-Control-Request-Method", "POST"); got.status != http.StatusNoContent {
		t.Errorf("what is asked beforehand: %+v", got)
	}
}

func TestOriginsThatAreNone(t *testing.T) {
	for _, origin := range []string{"", "*", "null", "localhost:3000", "http://", "http://localhost:3000/", "http://localhost:3000/app", "ftp://localhost", "http://user@localhost"} {
		if _, err := New(Config{AllowOrigins: []string{origin}}); err == nil || !strings.Contains(err.Error(), `AllowOrigins: "`+origin+`" is no origin; one is such as "http://localhost:3000"`) {
			t.Errorf("%q: error is %v", origin, err)
		}
	}
}
