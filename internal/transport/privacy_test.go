package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// secrets are what nobody may see, however it is printed.
var secrets = []string{testKey, querySecret, bodySecret, headerSecret, answerSecret}

// verbs are the ways to print a value.
var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"}

func checkNoSecrets(t *testing.T, what, text string) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), url.QueryEscape(secret)} {
			if strings.Contains(text, form) {
				t.Errorf("%s shows %s: %s", what, secret, text)
			}
		}
	}
}

// checkError prints an error, and every error that it wraps, in every way.
func checkError(t *testing.T, err error) {
	t.Helper()
	if wrapped, ok := err.(interface{ Unwrap() []error }); ok {
		for _, inner := range wrapped.Unwrap() {
			checkError(t, inner)
		}
	}
	for ; err != nil; err = errors.Unwrap(err) {
		for _, verb := range verbs {
			checkNoSecrets(t, fmt.Sprintf("%s of %T", verb, err), fmt.Sprintf(verb, err))
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "error", err)
		slog.New(slog.NewTextHandler(&log, nil)).Error("failed", "error", err)
		checkNoSecrets(t, "slog", log.String())
	}
}

// TestNothingIsLeaked goes through every way in which a call ends, with a
// logger that takes everything.
func TestNothingIsLeaked(t *testing.T) {
	body := `{"message":"sorry","secret":"` + answerSecret + `"}`
	for name, steps := range map[string][]step{
		"success":         {answer(201, `{"id":"agt_1","secret":"`+answerSecret+`"}`, "X-Secret: "+answerSecret, "Set-Cookie: s="+answerSecret)},
		"refused":         {answer(401, body, "X-Secret: "+answerSecret)},
		"echo of the key": {answer(401, `{"message":"unknown key `+testKey+`","code":"`+testKey+`","request_id":"`+testKey+`","issues":[{"path":["`+testKey+`"],"message":"`+testKey+`"}]}`)},
		"request id":      {answer(401, "", "X-Request-Id: "+testKey)},
		"500":             {answer(500, body), answer(500, body), answer(500, body)},
		"dropped":         {drop, drop, drop},
		"garbage":         {garbage, garbage, garbage},
		"stalled":         {stall, stall, stall},
		"truncated":       {truncated(201, `{"secret":"`+answerSecret+`"}`, 26)},
		"not JSON":        {answer(201, `{"id":"`+answerSecret)},
		"HTML":            {answer(201, "<html>"+answerSecret)},
		"oversized":       {answer(201, `{"secret":"`+answerSecret+strings.Repeat(" ", 1000)+`"}`)},
		"redirect":        {answer(307, body, "Location: https://u:"+answerSecret+"@other.example.com/?k="+answerSecret)},
		"bad redirect":    {answer(307, body, "Location: https://%zz"+answerSecret)},
		"rate limit":      {answer(429, body, "Retry-After: 1"), answer(429, body, "Retry-After: 1"), answer(429, body, "Retry-After: 1")},
		"conflict":        {drop, answer(409, body)},
		"dial":            nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, steps...)
				if steps == nil {
					n.refuse = 10
				}
				var log bytes.Buffer
				client := n.client(func(o *agentclients.Options) {
					o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
					o.MaxResponseBytes = 500
				})
				var response agentclients.Response
				_, err := create(t.Context(), client, ReplayKeyed,
					agentclients.WithHeader("X-Trace", headerSecret), agentclients.CaptureResponse(&response))
				checkError(t, err)
				checkNoSecrets(t, "the log", log.String())
				checkNoSecrets(t, "the captured answer", fmt.Sprintf("%v %+v %s", response, response, response))
				if log.Len() == 0 {
					t.Error("nothing was logged")
				}
				for _, verb := range verbs {
					checkNoSecrets(t, verb, fmt.Sprintf(verb, client)+fmt.Sprintf(verb, *client))
				}
			})
		})
	}
}

// typedError shows its text with %#v, as an error of a kind of string does.
type typedError string

func (e typedError) Error() string { return string(e) }

// errorAround does not show what it wraps.
type errorAround struct{ inner error }

func (e errorAround) Error() string { return "it broke" }
func (e errorAround) Unwrap() error { return e.inner }

// Errors of a round tripper of the user's may hold the request.
func TestErrorsOfRoundTrippersAreCleaned(t *testing.T) {
	for name, inner := range map[string]error{
		"URL":        &url.Error{Op: "Post", URL: testBaseURL + "?token=" + querySecret, Err: errors.New("broke")},
		"nested URL": fmt.Errorf("proxy: %w", &url.Error{Op: "Post", URL: "https://x/?token=" + querySecret, Err: errors.New("broke")}),
		"text":       fmt.Errorf("cannot POST %s?token=%s with %s", testBaseURL, querySecret, testKey),
		"type":       typedError("bad key " + testKey),
		"inside":     errorAround{typedError("bad key " + testKey)},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			client := newTestClient(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, inner }), func(o *agentclients.Options) {
				o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			_, err := create(t.Context(), client, ReplayNever)
			asError(t, err, agentclients.ErrOutcomeUnknown)
			checkError(t, err)
			checkNoSecrets(t, "the log", log.String())
		})
	}
	t.Run("can still be matched", func(t *testing.T) {
		inner := typedError("bad key " + testKey)
		client := newTestClient(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, inner }))
		_, err := create(t.Context(), client, ReplayNever)
		asError(t, err, inner)
	})
}

// TestRefusedInputIsNotShown: what a caller gave by mistake may be a secret.
func TestRefusedInputIsNotShown(t *testing.T) {
	client := newTestClient(t, nil)
	for _, option := range []agentclients.CallOption{
		agentclients.WithHeader("X-Trace", headerSecret+"\r\nX-More: 1"),
		agentclients.WithHeader("bad name "+headerSecret, "v"),
		agentclients.WithHeader("Authorization", headerSecret),
	} {
		_, err := create(t.Context(), client, ReplayNever, option)
		asError(t, err, agentclients.ErrInvalidRequest)
		checkError(t, err)
	}
	_, err := Call(t.Context(), client, Op{Name: "x", Method: "POST", Path: "/", Body: map[string]any{"x": func() {}, "y": bodySecret}}, nil, decodeThing)
	asError(t, err, agentclients.ErrInvalidRequest)
	checkError(t, err)
}

// TestLog checks what is logged: one record for each attempt, and one for
// each repeat.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(429, "", "Retry-After: 2", "X-Request-Id: req_1"), answer(201, created))
		var log bytes.Buffer
		handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
		client := n.client(func(o *agentclients.Options) { o.Logger = slog.New(handler) })
		if _, err := create(t.Context(), client, ReplayNever); err != nil {
			t.Fatal(err)
		}
		const about = ` provider=test op="create agent" method=POST host=api.localhost path=/base/v1/users/u%201/agents`
		// The wait is the server's, and a random part of it.
		got := regexp.MustCompile(`=2\.\d+s`).ReplaceAllString(log.String(), "=2s")
		want := `level=DEBUG msg=attempt` + about + ` attempt=1 status=429 elapsed=0s request_id=req_1
level=WARN msg=retry` + about + ` attempt=1 status=429 wait=2s request_id=req_1
level=DEBUG msg=attempt` + about + ` attempt=2 status=201 elapsed=0s
`
		if got != want {
			t.Errorf("logged\n%s\nnot\n%s", got, want)
		}
	})
}

// The time of an attempt is that of the server: neither the attempts before it
// nor the limiter are in it.
func TestLogOfTheTimeOfAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(*http.Request) (*http.Response, error) {
			<-time.After(3 * time.Second)
			return &http.Response{StatusCode: 429, Header: http.Header{}, Body: http.NoBody}, nil
		}
		var log bytes.Buffer
		client := newTestClient(t, roundTrip(slow), func(o *agentclients.Options) {
			o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			o.Limiter = limiterFunc(func(context.Context) error { <-time.After(time.Minute); return nil })
		})
		_, err := create(t.Context(), client, ReplayNever)
		if got := strings.Count(log.String(), " elapsed=3s"); asError(t, err).Attempts != 3 || got != 3 {
			t.Errorf("%v, and logged\n%s", err, log.String())
		}
	})
}

// What the limiter stops is no attempt, and is not logged as one.
func TestLogOfNoAttempt(t *testing.T) {
	var log bytes.Buffer
	client := newTestClient(t, nil, func(o *agentclients.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Limiter = limiterFunc(func(context.Context) error { return errors.New("full") })
	})
	_, err := create(t.Context(), client, ReplayNever)
	if asError(t, err); log.Len() > 0 {
		t.Errorf("logged %s", log.String())
	}
}

// The header of an error has no cookies, and that of the response is left alone.
func TestErrorHasNoCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(400, "", "Set-Cookie: s=1", "X-Limit: 5"))
		var response agentclients.Response
		_, err := create(t.Context(), n.client(), ReplayNever, agentclients.CaptureResponse(&response))
		e := asError(t, err)
		if e.Header.Get("Set-Cookie") != "" || e.Header.Get("X-Limit") != "5" || response.Header.Get("Set-Cookie") != "s=1" {
			t.Errorf("header of the error %v, of the answer %v", e.Header, response.Header)
		}
		if response.Elapsed != time.Duration(0) || response.Attempts != 1 {
			t.Errorf("captured %v", response)
		}
	})
}

// What a decoder says of a response, or of an event, may have words of it.
func TestUnreadableResponsesAreCleaned(t *testing.T) {
	other := errors.New("it is about " + testKey)
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(201, `{"id":"x"}`), events(data("x"), "hold"))
		client := n.client()
		_, err := Call(t.Context(), client, Op{Name: "x", Method: "POST", Path: "/x"}, nil, func([]byte) (*struct{}, error) { return nil, other })
		checkError(t, err)
		stream, openErr := Open(t.Context(), client, Op{Name: "x", Method: "GET", Path: "/x"}, nil)
		if openErr != nil {
			t.Fatal(openErr)
		}
		defer stream.Close()
		if _, err := stream.Next(); err != nil {
			t.Fatal(err)
		}
		read := stream.Unreadable(other)
		checkError(t, read)
		for _, err := range []error{err, read} {
			if !errors.Is(err, agentclients.ErrDecode) || !errors.Is(err, other) || !strings.Contains(err.Error(), "it is about") {
				t.Error(err)
			}
		}
	})
}
