package transport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
)

// A key is hidden however the server, or net/http, spells it: in the words of
// an error, cut off in the middle, and in a response that is no HTTP.
func TestKeysAreHiddenInEverySpelling(t *testing.T) {
	const key = `sk/live"0123456"&<abc>+é`
	encoded, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	send := func(text string) step {
		return func(conn net.Conn) bool {
			io.WriteString(conn, text) //nolint:errcheck // the client tells
			return false
		}
	}
	for spelling, text := range map[string]string{
		"itself": key, "JSON": string(encoded), "query": url.QueryEscape(key), "path": url.PathEscape(key),
		"HTML": html.EscapeString(key), "quoted": fmt.Sprintf("%q", key), "in JSON in JSON": fmt.Sprintf("%q", encoded),
	} {
		message, err := json.Marshal("unknown key " + text)
		if err != nil {
			t.Fatal(err)
		}
		for place, step := range map[string]step{
			"text":        answer(401, "unknown key "+text),
			"message":     answer(401, `{"message":`+string(message)+`}`),
			"code":        answer(401, `{"message":"no","code":`+string(message)+`}`),
			"cut off":     answer(401, strings.Repeat("x", 190)+text),
			"redirect":    answer(302, "", "Location: https://example.com/"+url.PathEscape(key)),
			"request id":  answer(401, "", "X-Request-Id: "+text),
			"status line": send(text + "\r\n\r\n"),
			"status code": send("HTTP/1.1 " + text + "\r\n\r\n"),
			"header line": send("HTTP/1.1 401 No\r\n" + text + "\r\n\r\n"),
			"length":      send("HTTP/1.1 401 No\r\nContent-Length: " + text + "\r\n\r\n"),
		} {
			t.Run(spelling+" in "+place, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, step)
					var log bytes.Buffer
					config := testConfig(agentclients.Options{
						BaseURL: testBaseURL, HTTPClient: &http.Client{Transport: &n.pool}, Retry: agentclients.RetryPolicy{MaxAttempts: 1},
						Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
					})
					config.Credentials[0].Value = key
					client, err := New(config)
					if err != nil {
						t.Fatal(err)
					}
					_, err = create(t.Context(), client, ReplayNever)
					asError(t, err)
					for _, shown := range []string{err.Error(), fmt.Sprintf("%q", err), log.String(), fmt.Sprintf("%#v", client)} {
						if strings.Contains(shown, "sk/") || strings.Contains(shown, "0123456") || strings.Contains(shown, "sk%2") {
							t.Errorf("shows the key: %s", shown)
						}
					}
				})
			})
		}
	}
}
