package agentclients_test

import (
	"strings"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestWithHeader(t *testing.T) {
	var o agentclients.CallOptions
	for _, header := range [][2]string{{"x-trace", "a"}, {"X-Trace", "b"}, {"Accept-Language", ""}, {"User-Agent", "mine"}, {"X-Tab", "a\tb"}} {
		agentclients.WithHeader(header[0], header[1])(&o)
	}
	if len(o.Problems) > 0 {
		t.Errorf("problems: %v", o.Problems)
	}
	if o.Header.Get("X-Trace") != "b" || len(o.Header["X-Trace"]) != 1 || len(o.Header) != 4 {
		t.Errorf("header: %v", o.Header)
	}
}

func TestWithHeaderRefuses(t *testing.T) {
	for header, want := range map[[2]string]string{
		{"Authorization", "Bearer x"}:    "header Authorization carries a credential",
		{"x-api-key", "x"}:               "header x-api-key carries a credential",
		{"Proxy-Authorization", "x"}:     "carries a credential",
		{"Cookie", "x"}:                  "carries a credential",
		{"host", "x"}:                    "is set by the client",
		{"Content-Type", "text/plain"}:   "is set by the client",
		{"Content-Length", "1"}:          "is set by the client",
		{"Accept-Encoding", "br"}:        "is set by the client",
		{"Connection", "close"}:          "belongs to the connection",
		{"Keep-Alive", "x"}:              "belongs to the connection",
		{"Proxy-Connection", "x"}:        "belongs to the connection",
		{"TE", "trailers"}:               "belongs to the connection",
		{"Trailer", "x"}:                 "belongs to the connection",
		{"Transfer-Encoding", "chunked"}: "belongs to the connection",
		{"Upgrade", "h2c"}:               "belongs to the connection",
		{"Idempotency-Key", "1"}:         "would make net/http repeat the request",
		{"x-idempotency-key", "1"}:       "would make net/http repeat the request",
		{"", "x"}:                        "header must be a valid header name",
		{"X Y", "x"}:                     "header must be a valid header name",
		{"X-Y\r\nX-Evil", "x"}:           "header must be a valid header name",
		{"X-Y:", "x"}:                    "header must be a valid header name",
		{"X-Y", "a\r\nX-Evil: 1"}:        "header X-Y must not hold line breaks",
		{"X-Y", "a\x00"}:                 "header X-Y must not hold line breaks",
	} {
		var o agentclients.CallOptions
		agentclients.WithHeader(header[0], header[1])(&o)
		if len(o.Problems) != 1 || o.Header != nil {
			t.Errorf("%q was accepted: %v", header, o)
			continue
		}
		if got := o.Problems[0].String(); !strings.Contains(got, want) || strings.ContainsAny(got, "\r\n\x00") || strings.Contains(got, "Evil") {
			t.Errorf("%q: %q", header, got)
		}
	}
}
