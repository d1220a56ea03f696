package compare_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/internal/compare"
)

func newUpstream(t *testing.T, base string) *compare.Upstream {
	t.Helper()
	u, err := compare.New(base)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestNewRefusesWhatIsNoBaseURLWithoutShowingIt(t *testing.T) {
	for _, base := range []string{"", "api.orq.ai", "ftp://h", "https://u:secret@h", "https://h?secret", "https://h#secret", "https://"} {
		if _, err := compare.New(base); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestSendPassesOnWhatIsNotAboutTheConnection(t *testing.T) {
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		body, _ := io.ReadAll(r.Body)
		got.Body = io.NopCloser(bytes.NewReader(body))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	u := newUpstream(t, server.URL+"/base/")
	in := httptest.NewRequest("POST", "http://mock/orq/a?x=%20", nil)
	in.Header = http.Header{"Authorization": {"Bearer k"}, "Accept-Encoding": {"br"}, "X-Mock-Namespace": {"n"}, "Connection": {"X-Hop"}, "X-Hop": {"1"}, "Te": {"trailers"}}
	response, err := u.Send(t.Context(), in, "/a%2Fb", []byte("{}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(got.Body)
	if response.StatusCode != http.StatusTemporaryRedirect || got.RequestURI != "/base/a%2Fb?x=%20" || string(body) != "{}" {
		t.Errorf("%s, %s %s", response.Status, got.RequestURI, body)
	}
	for name, want := range map[string]string{"Authorization": "Bearer k", "Accept-Encoding": "br", "X-Mock-Namespace": "", "X-Hop": "", "Te": "", "User-Agent": ""} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
	if !u.IsOwn(got) || newUpstream(t, server.URL).IsOwn(got) {
		t.Errorf("Via is %q", got.Header.Get("Via"))
	}
}

// net/http sends an idempotent request again when a kept connection ends.
func TestSendNeverSendsTwice(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	u := newUpstream(t, server.URL)
	for i := range 3 {
		response, err := u.Send(t.Context(), httptest.NewRequest("GET", "http://mock/", nil), "/secret-path", nil, nil)
		if i == 0 {
			io.Copy(io.Discard, response.Body) //nolint:errcheck // it is empty
			response.Body.Close()
			continue
		}
		if failure := (*compare.Error)(nil); !errors.As(err, &failure) || strings.Contains(err.Error(), "secret-path") {
			t.Errorf("error is %v", err)
		}
	}
	if n := requests.Load(); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// A status that net/http cannot write, or that ends HTTP, is no response.
func TestSendRefusesWhatIsNoResponse(t *testing.T) {
	for _, status := range []string{"099 Odd", "101 Switching Protocols"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			io.WriteString(conn, "HTTP/1.1 "+status+"\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n") //nolint:errcheck // the error shows it
			conn.Close()
		}))
		defer server.Close()
		_, err := newUpstream(t, server.URL).Send(t.Context(), httptest.NewRequest("GET", "http://mock/", nil), "/", nil, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "its status is "+strings.TrimLeft(status[:3], "0")) {
			t.Errorf("%s: %v", status, err)
		}
	}
}

func TestDecodedIsBounded(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(make([]byte, compare.MaxBody+1)) //nolint:errcheck // into memory
	w.Close()
	if _, err := compare.Decoded(http.Header{"Content-Encoding": {"gzip"}}, packed.Bytes()); err == nil {
		t.Error("a body that is too long was decoded")
	}
}

func TestSessionKnowsWhichIDIsWhich(t *testing.T) {
	var s compare.Session
	ok := func(body string) compare.Response {
		return compare.Response{Status: 200, ContentType: "application/json", Body: []byte(body)}
	}
	if found := s.Compare(ok(`{"id":"r1","name":"x","items":[{"id":"r2"}]}`), ok(`{"id":"m1","name":"y","items":[{"id":"m2"}]}`)); found != nil {
		t.Error(found)
	}
	if path := s.MockPath("/a/r1/x"); path != "/a/m1/x" {
		t.Error(path)
	}
	if query := s.MockQuery("after=r2&name=x"); query != "after=m2&name=x" {
		t.Error(query)
	}
	if body := s.MockBody([]byte(`{"agent_id":"r1","text":"r1 is it"}`)); string(body) != `{"agent_id":"m1","text":"r1 is it"}` {
		t.Errorf("%s", body)
	}
	s.ForgetIDs()
	if path := s.MockPath("/a/r1/x"); path != "/a/r1/x" {
		t.Error(path)
	}
}
