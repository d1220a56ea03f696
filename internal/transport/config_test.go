package transport

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

// sentTo returns a round tripper that notes where requests go.
func sentTo(target *string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		*target = r.URL.String()
		return &http.Response{StatusCode: 201, Body: http.NoBody}, nil
	})
}

func TestBaseURL(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.example.com":             "https://api.example.com/agents/a%20b",
		"https://api.example.com/":            "https://api.example.com/agents/a%20b",
		"https://api.example.com/v1":          "https://api.example.com/v1/agents/a%20b",
		"https://api.example.com/v1/":         "https://api.example.com/v1/agents/a%20b",
		"https://api.example.com/v1//":        "https://api.example.com/v1/agents/a%20b",
		"https://api.example.com/a%2Fb/":      "https://api.example.com/a%2Fb/agents/a%20b",
		"https://api.example.com:8443/p":      "https://api.example.com:8443/p/agents/a%20b",
		"HTTPS://API.example.com":             "https://API.example.com/agents/a%20b",
		"http://localhost:8080":               "http://localhost:8080/agents/a%20b",
		"http://LocalHost:8080":               "http://LocalHost:8080/agents/a%20b",
		"http://mock.localhost":               "http://mock.localhost/agents/a%20b",
		"http://127.0.0.1:8080":               "http://127.0.0.1:8080/agents/a%20b",
		"http://127.8.9.1":                    "http://127.8.9.1/agents/a%20b",
		"http://[::1]:8080/x":                 "http://[::1]:8080/x/agents/a%20b",
		"http://[::ffff:127.0.0.1]":           "http://[::ffff:127.0.0.1]/agents/a%20b",
		"https://api.example.com/#":           "https://api.example.com/agents/a%20b",
		"":                                    "BaseURL is required: set it in Options or in the environment variable TRANSPORT_TEST_BASE_URL",
		"api.example.com":                     "must be an absolute URL",
		"//api.example.com":                   "must be an absolute URL",
		"ftp://api.example.com":               "must be an absolute URL",
		"https:api.example.com":               "has no host",
		"https://":                            "has no host",
		"https:///v1":                         "has no host",
		"https://:443":                        "has no host",
		"https://api.example.com:":            "https://api.example.com/agents/a%20b",
		"https://api.example.com:65535/.x":    "https://api.example.com:65535/.x/agents/a%20b",
		"https://api.example.com:65536":       "has a port that is not between 1 and 65535",
		"https://[::1]:0":                     "has a port that is not between 1 and 65535",
		"https://api.example.com/v1/../x":     `must not have "." or ".." in its path`,
		"https://api.example.com/%2e%2E/":     `must not have "." or ".." in its path`,
		"https://user@api.example.com":        "must not have a user part",
		"https://user:pass@api.example.com":   "must not have a user part",
		"https://api.example.com?key=1":       "must not have a user part, a query or a fragment",
		"https://api.example.com?":            "must not have a user part, a query or a fragment",
		"https://api.example.com#top":         "must not have a user part, a query or a fragment",
		" https://api.example.com":            "is not a valid URL",
		"https://api.example.com/\n":          "is not a valid URL",
		"https://api example.com":             "is not a valid URL",
		"https://api.example.com:port":        "is not a valid URL",
		"https://%zz.example.com":             "is not a valid URL",
		"http://api.example.com":              "uses plain http",
		"http://localhost.example.com":        "uses plain http",
		"http://127.0.0.1.example.com":        "uses plain http",
		"http://10.0.0.1":                     "uses plain http",
		"http://[::2]":                        "uses plain http",
		"http://0.0.0.0":                      "uses plain http",
		"http://127.0.0.1@api.example.com":    "must not have a user part",
		"https://api.example.com\\@evil.test": "is not a valid URL",
	} {
		var got string
		client, err := New(testConfig(agentclients.Options{BaseURL: base, HTTPClient: &http.Client{Transport: sentTo(&got)}}))
		if err == nil {
			err = Do(t.Context(), client, Op{Name: "get agent", Method: http.MethodGet, Path: "/agents/{id}", Params: []string{"a b"}}, nil)
		}
		if strings.HasPrefix(want, "http") {
			if err != nil || got != want {
				t.Errorf("base URL %q: sent to %s, %v", base, got, err)
			}
			continue
		}
		if e := asError(t, err, agentclients.ErrInvalidRequest); !strings.Contains(err.Error(), want) || len(e.Fields) != 1 || e.Fields[0].Path != "BaseURL" {
			t.Errorf("base URL %q: %v", base, err)
		}
	}
}

func TestBaseURLWithPlainHTTP(t *testing.T) {
	options := agentclients.Options{BaseURL: "http://api.example.com", AllowInsecureHTTP: true}
	if _, err := New(testConfig(options)); err != nil {
		t.Error(err)
	}
}

func TestBaseURLComesFromTheEnvironment(t *testing.T) {
	t.Setenv("TRANSPORT_TEST_BASE_URL", "https://env.example.com")
	for _, test := range []struct{ option, fallback, want string }{
		{"", "https://default.example.com", "env.example.com"},
		{"https://option.example.com", "https://default.example.com", "option.example.com"},
	} {
		config := testConfig(agentclients.Options{BaseURL: test.option})
		config.BaseURL.Default = test.fallback
		client, err := New(config)
		if err != nil || client.host != test.want {
			t.Errorf("%+v: %v, %v", test, client.host, err)
		}
	}
	t.Setenv("TRANSPORT_TEST_BASE_URL", "")
	config := testConfig(agentclients.Options{})
	config.BaseURL.Default = "https://default.example.com/v9"
	config.BaseURL.Normalize = func(raw string) string { return strings.TrimSuffix(raw, "/v9") }
	client, err := New(config)
	if err != nil || client.base != "https://default.example.com" {
		t.Errorf("%v, %v", client.base, err)
	}
}

// FuzzBaseURL: whatever is wrong with a URL, its user part and its query do
// not show in the error.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range [][2]string{
		{"https://", "@api.example.com"}, {"https://user:", "@api.example.com"}, {"https://user:", "/x@api.example.com"},
		{"https://api.example.com?key=", ""}, {"https://user:%zz", "@h"}, {"http://h:", ""}, {"://", ""}, {"https://[", "]"}, {"\x7f", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	const secret = "hush5ecret"
	f.Fuzz(func(t *testing.T, before, after string) {
		var sent string
		client, err := New(testConfig(agentclients.Options{
			BaseURL:    before + secret + after,
			HTTPClient: &http.Client{Transport: sentTo(&sent)},
		}))
		if err != nil {
			if !errors.Is(err, agentclients.ErrInvalidRequest) || strings.Contains(strings.ToLower(err.Error()), secret) {
				t.Errorf("%q: %v", before+secret+after, err)
			}
			return
		}
		if err := Do(t.Context(), client, Op{Name: "x", Method: http.MethodGet, Path: "/x"}, nil); err != nil {
			t.Fatalf("%q was accepted, and then: %v", before+secret+after, err)
		}
		if target, err := url.Parse(sent); err != nil || target.User != nil || target.RawQuery != "" || !strings.HasSuffix(target.Path, "/x") {
			t.Errorf("%q: sent to %s", before+secret+after, sent)
		}
	})
}

func TestNewReportsEveryProblem(t *testing.T) {
	config := testConfig(agentclients.Options{
		BaseURL: "ftp://x", UserAgent: "a\r\nX-Evil: 1", MaxResponseBytes: -1,
		Retry: agentclients.RetryPolicy{MaxAttempts: -1, MinWait: -1, MaxWait: -1, MaxRetryAfter: -1, AttemptTimeout: -1, RunTimeout: -1},
	})
	config.Credentials[0].Value = ""
	_, err := New(config)
	e := asError(t, err, agentclients.ErrInvalidRequest)
	var got []string
	for _, field := range e.Fields {
		got = append(got, field.Path)
	}
	want := []string{"BaseURL", "UserAgent", "APIKey", "Retry.MaxAttempts", "Retry.MinWait", "Retry.MaxWait", "Retry.MaxRetryAfter", "Retry.AttemptTimeout", "Retry.RunTimeout", "MaxResponseBytes"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if !strings.Contains(err.Error(), "TRANSPORT_TEST_KEY") {
		t.Errorf("the variable is not named: %v", err)
	}
}

func TestCredentialsThatAreRefused(t *testing.T) {
	for _, key := range []string{"key-0123456\r\nX-Evil: 1", "key-0123456\n", " key-0123456", "key-0123456\t", "key-\x00123456", "key-0123\x7f"} {
		config := testConfig(agentclients.Options{BaseURL: testBaseURL})
		config.Credentials[0].Value = key
		_, err := New(config)
		asError(t, err, agentclients.ErrInvalidRequest)
		if !strings.Contains(err.Error(), "APIKey") || strings.Contains(err.Error(), "key-0") {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestRetryPolicyDefaults(t *testing.T) {
	for _, test := range []struct {
		given, want agentclients.RetryPolicy
		timeout     time.Duration
	}{
		{agentclients.RetryPolicy{}, agentclients.RetryPolicy{MaxAttempts: 3, MinWait: 500 * time.Millisecond, MaxWait: 8 * time.Second, MaxRetryAfter: time.Minute, AttemptTimeout: time.Minute, RunTimeout: 10 * time.Minute}, 0},
		{agentclients.RetryPolicy{MaxAttempts: 1, AllowDuplicates: true}, agentclients.RetryPolicy{MaxAttempts: 1, MinWait: 500 * time.Millisecond, MaxWait: 8 * time.Second, MaxRetryAfter: time.Minute, AttemptTimeout: time.Minute, RunTimeout: 10 * time.Minute, AllowDuplicates: true}, 0},
		{agentclients.RetryPolicy{MinWait: 20 * time.Second}, agentclients.RetryPolicy{MaxAttempts: 3, MinWait: 20 * time.Second, MaxWait: 20 * time.Second, MaxRetryAfter: time.Minute, AttemptTimeout: time.Minute, RunTimeout: 10 * time.Minute}, 0},
		{agentclients.RetryPolicy{MaxWait: time.Millisecond}, agentclients.RetryPolicy{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Millisecond, MaxRetryAfter: time.Minute, AttemptTimeout: time.Minute, RunTimeout: 10 * time.Minute}, 0},
		{agentclients.RetryPolicy{}, agentclients.RetryPolicy{MaxAttempts: 3, MinWait: 500 * time.Millisecond, MaxWait: 8 * time.Second, MaxRetryAfter: time.Minute, AttemptTimeout: 5 * time.Second, RunTimeout: 5 * time.Second}, 5 * time.Second},
	} {
		client := newTestClient(t, nil, func(o *agentclients.Options) { o.Retry, o.HTTPClient.Timeout = test.given, test.timeout })
		if diff := cmp.Diff(test.want, client.retry); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.given, diff)
		}
	}
	_, err := New(testConfig(agentclients.Options{BaseURL: testBaseURL, Retry: agentclients.RetryPolicy{MinWait: 2, MaxWait: 1}}))
	if asError(t, err, agentclients.ErrInvalidRequest); !strings.Contains(err.Error(), "Retry.MinWait must not be longer than Retry.MaxWait") {
		t.Error(err)
	}
}

// The http.Client of the user is used and stays as it was.
func TestHTTPClientOfTheUser(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var requests []*http.Request
	given := &http.Client{
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			requests = append(requests, r)
			header := http.Header{"Set-Cookie": {"session=1"}, "Location": {"https://elsewhere.example.com"}}
			return &http.Response{StatusCode: 302, Header: header, Body: http.NoBody}, nil
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			t.Error("CheckRedirect of the user was called")
			return nil
		},
		Jar:     jar,
		Timeout: 3 * time.Second,
	}
	before := *given
	client := newTestClient(t, nil, func(o *agentclients.Options) { o.HTTPClient = given })
	for range 2 {
		_, err := create(t.Context(), client, ReplayNever)
		if e := asError(t, err); e.StatusCode != 302 {
			t.Error(err)
		}
	}
	if len(requests) != 2 || requests[1].Header.Get("Cookie") != "session=1" {
		t.Errorf("its Transport or its Jar was not used: %d requests", len(requests))
	}
	if given.Jar != before.Jar || given.Timeout != before.Timeout ||
		reflect.ValueOf(given.Transport).Pointer() != reflect.ValueOf(before.Transport).Pointer() ||
		reflect.ValueOf(given.CheckRedirect).Pointer() != reflect.ValueOf(before.CheckRedirect).Pointer() {
		t.Errorf("it was changed: %+v", given)
	}
}

// The header of a request is its own: a round tripper that writes into it
// does not change the requests after it.
func TestHeadersAreNotShared(t *testing.T) {
	var agents []string
	client := newTestClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		agents = append(agents, strings.Join(r.Header["User-Agent"], ","))
		r.Header.Add("User-Agent", "changed")
		r.Header.Set("X-Api-Key", "changed")
		r.Header.Add("Accept", "changed")
		return &http.Response{StatusCode: 201, Body: http.NoBody}, nil
	}), func(o *agentclients.Options) { o.UserAgent = "billing/1.4" })
	for range 2 {
		_, err := create(t.Context(), client, ReplayNever)
		asError(t, err, agentclients.ErrDecode)
	}
	want := "billing/1.4 agentclients-go/" + Version() + " (test)"
	if diff := cmp.Diff([]string{want, want}, agents); diff != "" {
		t.Errorf("User-Agent (-want +got):\n%s", diff)
	}
}

func TestDefaultPool(t *testing.T) {
	pool, ok := sharedPool().(*http.Transport)
	if !ok {
		t.Fatalf("%T", sharedPool())
	}
	if pool == http.DefaultTransport || pool.Proxy == nil || pool.MaxIdleConnsPerHost < 16 || pool.ResponseHeaderTimeout != 0 ||
		pool.HTTP2 == nil || pool.HTTP2.SendPingTimeout == 0 || !pool.ForceAttemptHTTP2 {
		t.Errorf("the pool is not what it should be: %+v", pool)
	}
	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	wrapped := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 201, Body: http.NoBody}, nil
	})
	http.DefaultTransport = wrapped
	client, err := New(testConfig(agentclients.Options{BaseURL: testBaseURL}))
	if err != nil {
		t.Fatal(err)
	}
	if err := remove(t.Context(), client); err != nil {
		t.Errorf("the wrapped default transport was not used: %v", err)
	}
}

func TestPathParameters(t *testing.T) {
	var sent string
	client := newTestClient(t, sentTo(&sent))
	op := func(values ...string) Op {
		return Op{Name: "get agent", Method: http.MethodGet, Path: "/u/{user_id}/a/{agent_id}", Params: values, Reserved: []string{"capabilities"}, Replay: ReplaySafe}
	}
	for value, want := range map[string]string{
		"a b": "a%20b", "a/b": "a%2Fb", "a?b#c": "a%3Fb%23c", "..%2f": "..%252f", "...": "...", "é": "%C3%A9", "a\n": "a%0A", "a;b": "a%3Bb", "%2e%2e": "%252e%252e",
	} {
		if err := Do(t.Context(), client, op("u", value), nil); err != nil || sent != testBaseURL+"/u/u/a/"+want {
			t.Errorf("%q: sent to %s, %v", value, sent, err)
		}
	}
	sent = ""
	for _, value := range []string{"", ".", "..", "capabilities", "Gr\xfc\xdfe"} {
		err := Do(t.Context(), client, op("", value), nil)
		e := asError(t, err, agentclients.ErrInvalidRequest)
		if len(e.Fields) != 2 || e.Fields[0].Path != "user_id" || e.Fields[1].Path != "agent_id" || sent != "" {
			t.Errorf("%q: %v, sent to %q", value, err, sent)
		}
	}
}

func TestRequestsWithoutJSON(t *testing.T) {
	var got *http.Request
	var body string
	client := newTestClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		got, body = r, ""
		if r.Body != nil {
			data := make([]byte, 100)
			n, _ := r.Body.Read(data)
			body = string(data[:n])
		}
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	}))
	if err := Do(t.Context(), client, Op{Name: "import", Method: http.MethodPost, Path: "/import", Text: "# Hi", TextType: "text/markdown", Accept: "text/plain"}, nil); err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Content-Type") != "text/markdown" || got.Header.Get("Accept") != "text/plain" || body != "# Hi" {
		t.Errorf("%v %s", got.Header, body)
	}
	if err := Do(t.Context(), client, Op{Name: "deploy", Method: http.MethodPost, Path: "/deploy"}, nil); err != nil {
		t.Fatal(err)
	}
	if got.Header["Content-Type"] != nil || got.Body != nil || got.Header.Get("Accept") != "application/json" {
		t.Errorf("a request without a body: %v", got.Header)
	}
}

func TestCallOptions(t *testing.T) {
	var header http.Header
	client := newTestClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		header = r.Header
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	}))
	op := Op{Name: "get agent", Method: http.MethodGet, Path: "/a", Replay: ReplaySafe}
	options := []agentclients.CallOption{nil, agentclients.WithHeader("accept", "text/html"), agentclients.WithHeader("User-Agent", "mine"), agentclients.CaptureResponse(nil)}
	if err := Do(t.Context(), client, op, options); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"Accept": {"text/html"}, "User-Agent": {"mine"}, "X-Api-Key": {testKey}}, header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	header = nil
	err := Do(t.Context(), client, op, []agentclients.CallOption{agentclients.WithHeader("Host", "x"), agentclients.WithHeader("X", "\n")})
	if e := asError(t, err, agentclients.ErrInvalidRequest); len(e.Fields) != 2 || header != nil {
		t.Errorf("sent %v: %v", header, err)
	}
}
