package mockserver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestRateLimits(t *testing.T) {
	begin := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for api, c := range map[string]struct {
		path    string
		limits  []RateLimit
		headers bool
		after   string // Retry-After with 429
		body    string
	}{
		Omniflow:    {omniflowAgents, []RateLimit{{60, time.Minute}}, false, "", `{"error":{"code":"rate_limit_exceeded","message":"Too many requests. Please try again in 60 seconds.","reset_at":"2026-01-01T12:01:00`},
		Agentloop:   {"/v1/agents", []RateLimit{{1200, time.Minute}}, false, "60", "Too many requests. Please try again later."},
		Orq:         {"/v2/agents", []RateLimit{{100, time.Minute}}, true, "60", "Rate limit exceeded"},
		Phoneagents: {"/v1/users/u1/agents", []RateLimit{{100, time.Minute}, {1000, time.Hour}}, true, "", "Rate limit exceeded"},
		Xpander:     {"/v1/agents", []RateLimit{{100, time.Minute}, {1000, time.Hour}}, true, "", `{"detail":"Rate limit exceeded"}`},
	} {
		t.Run(string(api), func(t *testing.T) {
			server := testServer(t, Config{RateLimits: true, Now: func() time.Time { return begin }})
			send := func(key string) *httptest.ResponseRecorder {
				r := httptest.NewRequest("GET", "/"+string(api)+c.path, nil)
				r.Header.Set("X-Api-Key", key)
				r.Header.Set("Authorization", "Bearer "+key)
				r.Header.Set("X-Workspace-Id", "w1")
				w := httptest.NewRecorder()
				server.ServeHTTP(w, r)
				return w
			}
			count := func() (served int, refused *httptest.ResponseRecorder) {
				for {
					if got := send("evr_one"); got.Code == http.StatusTooManyRequests {
						return served, got
					} else if served++; served > 5000 {
						return served, got
					} else if c.headers {
						if left := got.Header().Get("X-RateLimit-Remaining"); left != strconv.Itoa(c.limits[0].Requests-served) {
							t.Fatalf("after %d requests %q remain", served, left)
						}
					}
				}
			}
			served, refused := count()
			if served != c.limits[0].Requests || !strings.Contains(refused.Body.String(), c.body) {
				t.Errorf("%d were served; then %s", served, refused.Body)
			}
			if got := refused.Header().Get("Retry-After"); got != c.after {
				t.Errorf("Retry-After is %q, want %q", got, c.after)
			}
			reset := ""
			if c.headers {
				reset = fmt.Sprint(begin.Add(time.Minute).Unix())
			}
			if got := refused.Header().Get("X-RateLimit-Reset"); got != reset {
				t.Errorf("X-RateLimit-fault.Reset is %q, want %q", got, reset)
			}
			if got := send("evr_two"); got.Code == 429 {
				t.Error("another credential is limited, too")
			}
			server.Advance(time.Minute)
			if got := send("evr_one"); got.Code == 429 {
				t.Error("it is still limited after a minute")
			}
			if len(c.limits) > 1 { // the hour's limit comes after the tenth minute
				total := served + 1
				for range 20 {
					server.Advance(time.Minute)
					for send("evr_one").Code != 429 {
						total++
					}
				}
				if total != 1000 {
					t.Errorf("%d requests were served within an hour, want 1000", total)
				}
			}
			server.Reset(PartRateLimits) //nolint:errcheck // the part exists
			if got := send("evr_one"); got.Code == 429 {
				t.Error("it is still limited after a reset")
			}
		})
	}
}

func TestRateLimitsAreOffByDefault(t *testing.T) {
	server := testServer(t, Config{})
	for range 200 {
		if got := getOmniflow(server, ""); got.Code != 200 || got.Header().Get("X-RateLimit-Limit") != "" {
			t.Fatalf("status %d", got.Code)
		}
	}
}

// The responses of xpander tell of its limits, whether they are enforced or not.
func TestXpanderAlwaysTellsOfItsLimits(t *testing.T) {
	begin := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	server := testServer(t, Config{Now: func() time.Time { return begin }})
	for i := range 150 {
		r := httptest.NewRequest("GET", "/xpander/v1/agents/none", nil)
		r.Header.Set("X-Api-Key", "k")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code != 404 {
			t.Fatalf("request %d: status %d", i, w.Code)
		}
		for name, want := range map[string]string{
			"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": strconv.Itoa(max(0, 99-i)), "X-RateLimit-Reset": fmt.Sprint(begin.Add(time.Minute).Unix()),
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("request %d: %s is %q, want %q", i, name, got, want)
			}
		}
	}
}

func TestOwnRateLimit(t *testing.T) {
	server := testServer(t, Config{RateLimit: RateLimit{Requests: 2, Per: time.Hour}})
	var codes []int
	for range 3 {
		codes = append(codes, getOmniflow(server, "").Code)
	}
	if codes[1] != 200 || codes[2] != 429 {
		t.Errorf("statuses are %v", codes)
	}
	if got := getOmniflow(server, "", "X-Api-Key", ""); got.Code != 401 {
		t.Errorf("without a key: %d", got.Code)
	}
}

func TestLimitedCredentialsAreBounded(t *testing.T) {
	server := testServer(t, Config{RateLimits: true})
	for i := range 10_000 + 100 {
		getOmniflow(server, "", "X-Api-Key", strconv.Itoa(i))
	}
	if n := server.w.Activity().Limited; n > 10_000 {
		t.Errorf("%d credentials are counted", n)
	}
}
