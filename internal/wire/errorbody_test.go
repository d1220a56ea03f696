package wire

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

type fields = []agentclients.FieldError

// TestReadError has every shape of an error body that the five APIs, their
// gateways and the proxies before them are known to send.
func TestReadError(t *testing.T) {
	for _, test := range []struct {
		body string
		want agentclients.Error
	}{
		// One text.
		{`{"error":"Input exceeds allowed limits"}`, agentclients.Error{Message: "Input exceeds allowed limits"}},
		{`{"message":"Agent not found"}`, agentclients.Error{Message: "Agent not found"}},
		{`{"detail":"Invalid or missing API key"}`, agentclients.Error{Message: "Invalid or missing API key"}},
		// A class and a text.
		{`{"error":"Conflict","message":"Phone number already has an active agent","correlation_id":"req_abc123","timestamp":"2025-02-10T10:00:00Z"}`,
			agentclients.Error{Code: "Conflict", Message: "Phone number already has an active agent", RequestID: "req_abc123"}},
		{`{"success":false,"error":"Forbidden","message":"Agent does not belong to this user","correlationId":"17-x"}`,
			agentclients.Error{Code: "Forbidden", Message: "Agent does not belong to this user", RequestID: "17-x"}},
		{`{"code":"authentication_required","message":"No key","request_id":"req_1","doc_url":"https://d","details":{"hint":"x"}}`,
			agentclients.Error{Code: "authentication_required", Message: "No key", RequestID: "req_1"}},
		{`{"code":"404","message":"Agent not found"}`, agentclients.Error{Code: "404", Message: "Agent not found"}},
		{`{"code":7,"message":"project out of scope","details":[]}`, agentclients.Error{Code: "7", Message: "project out of scope"}},
		{`{"id":"1","code":404,"error":"no such thing","source":"system"}`, agentclients.Error{Code: "404", Message: "no such thing"}},
		// An object in the member error.
		{`{"error":{"code":"invalid_number","message":"The provided phone number is invalid"}}`,
			agentclients.Error{Code: "invalid_number", Message: "The provided phone number is invalid"}},
		{`{"error":{"message":"bad","type":"invalid_request_error","param":"model","code":null}}`,
			agentclients.Error{Code: "invalid_request_error", Message: "bad"}},
		{`{"success":false,"error":{"code":"MESSAGE_NOT_FOUND","message":"gone"}}`, agentclients.Error{Code: "MESSAGE_NOT_FOUND", Message: "gone"}},
		// RFC 9457.
		{`{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"Slow down","code":"rate_limited","instance":"/x","retry_after_seconds":7,"allowed_actions":["wait"]}`,
			agentclients.Error{Code: "rate_limited", Message: "Slow down", RetryAfter: 7 * time.Second}},
		{`{"title":"Forbidden","status":403}`, agentclients.Error{Message: "Forbidden"}},
		// Lists of problems.
		{`{"detail":[{"loc":["body","name"],"msg":"field required","type":"value_error.missing"},{"loc":["body","tools",0,"type"],"msg":"unexpected value"},{"loc":["query","limit"],"msg":"too large"},{"loc":["body"],"msg":"not an object"}]}`,
			agentclients.Error{Fields: fields{{Path: "name", Message: "field required"}, {Path: "tools[0].type", Message: "unexpected value"}, {Path: "query.limit", Message: "too large"}, {Path: "body", Message: "not an object"}}}},
		{`{"message":"Validation failed","issues":[{"path":["settings","evaluators",0,"id"],"message":"Required"}]}`,
			agentclients.Error{Message: "Validation failed", Fields: fields{{Path: "settings.evaluators[0].id", Message: "Required"}}}},
		{`{"message":"Validation failed","details":{"issues":[{"path":["key"],"message":"Too short"}]}}`,
			agentclients.Error{Message: "Validation failed", Fields: fields{{Path: "key", Message: "Too short"}}}},
		{`{"message":"Validation failed","errors":[{"path":"key","message":"Too short"},"and more",7,{"path":["x"]}]}`,
			agentclients.Error{Message: "Validation failed", Fields: fields{{Path: "key", Message: "Too short"}, {Message: "and more"}}}},
		{`{"detail":[{"loc":["body",7],"msg":"odd"},{"loc":{},"msg":"odder"},{"loc":["body",[1],null],"msg":3},"text"]}`,
			agentclients.Error{Fields: fields{{Path: "[7]", Message: "odd"}, {Message: "odder"}, {Message: "text"}}}},
		// No JSON object.
		{"Failed to parse the request body as JSON: EOF while parsing", agentclients.Error{Message: "Failed to parse the request body as JSON: EOF while parsing"}},
		{"<html><head><title>502 Bad Gateway</title><style>p { color: red }</style></head>\n<body><center><h1>502 Bad Gateway</h1></center></body></html>", agentclients.Error{Message: "502 Bad Gateway 502 Bad Gateway"}},
		{"", agentclients.Error{}},
		{"null", agentclients.Error{Message: "null"}},
		{"[]", agentclients.Error{Message: "[]"}},
		{`"sorry"`, agentclients.Error{Message: `"sorry"`}},
		{`{"error"`, agentclients.Error{Message: `{"error"`}},
		// JSON that says nothing we know.
		{"{}", agentclients.Error{Message: "{}"}},
		{`{"reason":"x"}`, agentclients.Error{Message: `{"reason":"x"}`}},
		{`{"error":null,"message":7,"detail":true}`, agentclients.Error{Message: `{"error":null,"message":7,"detail":true}`}},
	} {
		got := agentclients.Error{Body: []byte(test.body)}
		ReadError(&got)
		test.want.Body = []byte(test.body)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.body, diff)
		}
	}
}

// What the body does not say stays as the header said it.
func TestReadErrorKeepsWhatIsKnown(t *testing.T) {
	e := agentclients.Error{Body: []byte(`{"detail":[{"loc":["body","x"],"msg":"y"}],"retry_after_seconds":9}`), RequestID: "req_1", RetryAfter: time.Second}
	ReadError(&e)
	if e.RequestID != "req_1" || e.RetryAfter != time.Second {
		t.Errorf("request id %q, RetryAfter %v", e.RequestID, e.RetryAfter)
	}
}

func TestReadErrorReadsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := func(d time.Duration) string { return time.Now().UTC().Add(d).Format(time.RFC3339) }
		for body, want := range map[string]time.Duration{
			`{"error":{"message":"x","reset_at":"` + in(time.Minute) + `"}}`: time.Minute,
			`{"reset_at":"` + in(2*time.Second) + `"}`:                       2 * time.Second,
			`{"reset_at":"` + in(-time.Hour) + `"}`:                          0,
			`{"reset_at":"tomorrow"}`:                                        0,
			`{"retry_after_seconds":"3"}`:                                    3 * time.Second,
			`{"retry_after_seconds":0.5}`:                                    time.Second / 2,
			`{"retry_after_seconds":-3}`:                                     0,
			`{"retry_after_seconds":"NaN"}`:                                  0,
			`{"retry_after_seconds":1e300}`:                                  1e9 * time.Second,
		} {
			e := agentclients.Error{Body: []byte(body)}
			ReadError(&e)
			if e.RetryAfter != want {
				t.Errorf("%s: %v, not %v", body, e.RetryAfter, want)
			}
		}
	})
}

func TestText(t *testing.T) {
	for body, want := range map[string]string{
		"":                                 "",
		"plain  text\n here":               "plain text here",
		"a < b > c":                        "a < b > c",
		"<p>one</p><p>two</p>":             "one two",
		"<script>if (a < b) x()</script>x": "x",
		"<SCRIPT src=y>z</SCRIPT>x":        "x",
		"<style>":                          "",
		"<!-- no --><b>x</b>":              "x",
		"<broken":                          "<broken",
		"a\x00b":                           "a\x00b",
		"\xff\xfe":                         "�",
		strings.Repeat("é", 150):           strings.Repeat("é", 100) + "…",
		strings.Repeat("<p>", 100_000):     "",
		strings.Repeat("x ", 100_000):      strings.Repeat("x ", 100) + "…",
	} {
		if got := Text([]byte(body)); got != want {
			t.Errorf("%.60q: %q, not %q", body, got, want)
		}
	}
}

func FuzzReadError(f *testing.F) {
	for _, body := range []string{
		"", "null", "[]", "{}", `{"error":{"code":1,"message":"m","reset_at":"2025-02-10T10:00:00Z"}}`, `{"detail":[{"loc":["body",0],"msg":"m"}]}`,
		`{"message":"m","details":{"issues":[{"path":["a"],"message":"b"}]}}`, "<html><script>x</script>y", `{"retry_after_seconds":1e999}`, "\xff<",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e := agentclients.Error{StatusCode: 400, Body: body}
		ReadError(&e)
		if string(e.Body) != string(body) {
			t.Error("the body was changed")
		}
		if e.RetryAfter < 0 {
			t.Errorf("RetryAfter %v", e.RetryAfter)
		}
		if text := e.Error(); strings.ContainsAny(text, "\r\n\x00\x1b") || len(text) > 16<<10 || !utf8.ValidString(text) {
			t.Errorf("text is not one bounded line: %q", text)
		}
		if text := Text(body); len(text) > maxSnippet+len("…") || !utf8.ValidString(text) {
			t.Errorf("%d bytes of text", len(text))
		}
	})
}
