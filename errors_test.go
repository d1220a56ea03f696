package agentclients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		err  agentclients.Error
		want string
	}{
		{agentclients.Error{}, ""},
		{agentclients.Error{Provider: "orq", Op: "create agent", StatusCode: 409, Message: "key already exists", RequestID: "req_1", Attempts: 3},
			"orq: create agent: 409 Conflict: key already exists (request id req_1, 3 attempts)"},
		{agentclients.Error{Provider: "orq", Op: "create agent", Method: "POST", URL: "https://api.orq.ai/v2/agents/", StatusCode: 409, Message: "key already exists", RequestID: "req_1", Attempts: 3},
			"orq: create agent: 409 Conflict: key already exists (POST https://api.orq.ai/v2/agents/, request id req_1, 3 attempts)"},
		{agentclients.Error{Provider: "orq", Op: "create agent", Method: "POST", URL: "https://api.orq.ai/v2/agents/", ResourceID: "a.b", OutcomeUnknown: true},
			"orq: create agent: outcome unknown: the request may have taken effect (POST https://api.orq.ai/v2/agents/, id a.b)"},
		{agentclients.Error{Provider: "orq", Op: "get agent", Method: "GET", URL: "https://api.orq.ai/v2/agents/a.b", ResourceID: "a.b", StatusCode: 404},
			"orq: get agent: 404 Not Found (GET https://api.orq.ai/v2/agents/a.b)"},
		{agentclients.Error{Provider: "orq", Op: "create agent", Method: "POST", URL: "https://api.orq.ai/v2/agents/", StatusCode: 429, RequestID: "req_1", RetryAfter: 2 * time.Minute, Attempts: 3},
			"orq: create agent: 429 Too Many Requests (POST https://api.orq.ai/v2/agents/, request id req_1, retry after 2m0s, 3 attempts)"},
		{agentclients.Error{Op: "x", StatusCode: 503, RetryAfter: 1999999999}, "x: 503 Service Unavailable (retry after 2s)"},
		{agentclients.Error{Provider: "orq", Op: "create agent", StatusCode: 409, Attempts: 1}, "orq: create agent: 409 Conflict"},
		{agentclients.Error{Provider: "orq", Op: "create agent", StatusCode: 599}, "orq: create agent: 599"},
		{agentclients.Error{Provider: "orq", Op: "create agent", StatusCode: 500, Message: "sorry", OutcomeUnknown: true, Attempts: 2},
			"orq: create agent: 500 Internal Server Error: sorry: outcome unknown: the request may have taken effect (2 attempts)"},
		{agentclients.Error{Provider: "orq", Op: "create agent", Err: context.Canceled}, "orq: create agent: context canceled"},
		{agentclients.Error{Provider: "orq", Op: "create agent", Err: agentclients.ErrInvalidRequest, Fields: []agentclients.FieldError{{Path: "name", Message: "is required"}, {Message: "nothing to change"}}},
			"orq: create agent: invalid request: name is required; nothing to change"},
		{agentclients.Error{Provider: "xpander", Op: "create agent", StatusCode: 422, Fields: []agentclients.FieldError{{Path: "name", Message: "field required"}}},
			"xpander: create agent: 422 Unprocessable Entity: name field required"},
		{agentclients.Error{Op: "x", Message: "two\r\nlines\tand \x1b[31mred\x00 \u202eback\u2028 é 世界"}, `x: two  lines and \u001b[31mred\u0000 \u202eback  é 世界`},
		{agentclients.Error{Op: "x", RequestID: "a\nb", Err: errors.New("c\nd"), Fields: []agentclients.FieldError{{Path: "e\nf", Message: "g\nh"}}}, "x: c d: e f g h (request id a b)"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("text\n%s\nnot\n%s", got, test.want)
		}
	}
}

// TestErrorTextSaysAThingOnce: servers repeat the status in their message,
// and causes are repeated by what is made of them.
func TestErrorTextSaysAThingOnce(t *testing.T) {
	for _, test := range []struct {
		err  agentclients.Error
		want string
	}{
		{agentclients.Error{Op: "x", StatusCode: 404, Message: "Not Found"}, "x: 404 Not Found"},
		{agentclients.Error{Op: "x", StatusCode: 404, Message: "not found"}, "x: 404 Not Found"},
		{agentclients.Error{Op: "x", StatusCode: 404, Message: "404 Not Found"}, "x: 404 Not Found"},
		{agentclients.Error{Op: "x", StatusCode: 404, Message: "Not Found: agent a"}, "x: 404 Not Found: agent a"},
		{agentclients.Error{Op: "x", StatusCode: 404, Message: "Found"}, "x: 404 Not Found"},
		{agentclients.Error{Op: "x", StatusCode: 409, Message: "Conflicts"}, "x: 409 Conflict: Conflicts"},
		{agentclients.Error{Op: "x", StatusCode: 409, Message: "flic"}, "x: 409 Conflict: flic"},
		{agentclients.Error{Op: "x", StatusCode: 422, Message: "name is required", Fields: []agentclients.FieldError{{Path: "name", Message: "is required"}, {Path: "role", Message: "is required"}}},
			"x: 422 Unprocessable Entity: name is required: role is required"},
		{agentclients.Error{Op: "x", Err: agentclients.ErrOutcomeUnknown, OutcomeUnknown: true}, "x: outcome unknown: the request may have taken effect"},
		{agentclients.Error{Op: "x", StatusCode: 200, Err: agentclients.ErrDecode, Message: "unreadable response"}, "x: 200 OK: unreadable response"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("text\n%s\nnot\n%s", got, test.want)
		}
	}
}

func TestErrorTextIsBounded(t *testing.T) {
	for _, long := range []string{strings.Repeat("x", 1<<20), strings.Repeat("é", 1<<19), strings.Repeat("\x00", 1<<20), strings.Repeat("\xff", 1<<20)} {
		e := &agentclients.Error{Message: long, URL: long, ResourceID: long, RequestID: long, Err: errors.New(long), Fields: []agentclients.FieldError{{Path: long, Message: long}}}
		text := e.Error()
		if len(text) > 16<<10 {
			t.Errorf("%d bytes", len(text))
		}
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) }) {
			t.Errorf("control characters in %.100q", text)
		}
	}
	e := &agentclients.Error{Message: strings.Repeat("x", 1000)}
	if want := strings.Repeat("x", 512) + "…"; e.Error() != want {
		t.Errorf("text of %d bytes", len(e.Error()))
	}
}

// TestErrorIs has, for each sentinel, the errors that match it; no other does.
func TestErrorIs(t *testing.T) {
	sentinels := map[string]error{
		"invalid": agentclients.ErrInvalidRequest, "bad": agentclients.ErrBadRequest, "unauthorized": agentclients.ErrUnauthorized,
		"forbidden": agentclients.ErrForbidden, "missing": agentclients.ErrNotFound, "conflict": agentclients.ErrConflict,
		"limited": agentclients.ErrRateLimited, "server": agentclients.ErrServer, "unknown": agentclients.ErrOutcomeUnknown,
		"decode": agentclients.ErrDecode, "large": agentclients.ErrResponseTooLarge, "canceled": context.Canceled,
		"ended": agentclients.ErrStreamEnded, "failed": agentclients.ErrRunFailed, "input": agentclients.ErrInputRequired,
	}
	for _, test := range []struct {
		err  agentclients.Error
		want string
	}{
		{agentclients.Error{}, ""},
		{agentclients.Error{Err: agentclients.ErrInvalidRequest}, "invalid"},
		{agentclients.Error{StatusCode: 201}, ""},
		{agentclients.Error{StatusCode: 302}, ""},
		{agentclients.Error{StatusCode: 400}, "bad"},
		{agentclients.Error{StatusCode: 422}, "bad"},
		{agentclients.Error{StatusCode: 401}, "unauthorized"},
		{agentclients.Error{StatusCode: 403}, "forbidden"},
		{agentclients.Error{StatusCode: 404}, "missing"},
		{agentclients.Error{StatusCode: 409}, "conflict"},
		{agentclients.Error{StatusCode: 418}, ""},
		{agentclients.Error{StatusCode: 429}, "limited"},
		{agentclients.Error{StatusCode: 500}, "server"},
		{agentclients.Error{StatusCode: 599}, "server"},
		{agentclients.Error{StatusCode: 502, OutcomeUnknown: true}, "server unknown"},
		{agentclients.Error{StatusCode: 201, Err: fmt.Errorf("%w: eof", agentclients.ErrDecode), OutcomeUnknown: true}, "decode unknown"},
		{agentclients.Error{StatusCode: 200, Err: fmt.Errorf("%w: 5", agentclients.ErrResponseTooLarge)}, "large"},
		{agentclients.Error{StatusCode: 200, Err: fmt.Errorf("%w: eof", agentclients.ErrStreamEnded)}, "ended"},
		{agentclients.Error{Err: agentclients.ErrRunFailed}, "failed"},
		{agentclients.Error{Err: agentclients.ErrInputRequired}, "input"},
		{agentclients.Error{StatusCode: 429, Err: fmt.Errorf("waiting: %w", context.Canceled)}, "limited canceled"},
	} {
		matched := map[string]bool{}
		for name, sentinel := range sentinels {
			if errors.Is(fmt.Errorf("wrapped: %w", &test.err), sentinel) {
				matched[name] = true
			}
		}
		want := map[string]bool{}
		for _, name := range strings.Fields(test.want) {
			want[name] = true
		}
		if diff := cmp.Diff(want, matched); diff != "" {
			t.Errorf("%v matches (-want +got):\n%s", &test.err, diff)
		}
	}
}

// secretError is an error with everything in it that must not be printed.
func secretError() *agentclients.Error {
	return &agentclients.Error{
		Provider: "orq", Op: "create agent", Method: "POST", URL: "https://api.orq.ai/v2/agents/", ResourceID: "a.b", StatusCode: 401, Code: "no_key", Message: "no", RequestID: "req_1", Attempts: 2,
		Header: http.Header{"X-Secret": {"header-secret"}}, Body: []byte(`{"x":"body-secret"}`), Err: context.Canceled,
	}
}

func TestErrorFormat(t *testing.T) {
	e := secretError()
	const text = "orq: create agent: 401 Unauthorized: context canceled: no (POST https://api.orq.ai/v2/agents/, id a.b, request id req_1, 2 attempts)"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%10v"} {
		if got := fmt.Sprintf(verb, e); got != text {
			t.Errorf("%s: %s", verb, got)
		}
		if got := fmt.Sprintf(verb, *e); got != text {
			t.Errorf("%s of the value: %s", verb, got)
		}
	}
	if got := fmt.Sprintf("%q", e); got != `"`+text+`"` {
		t.Errorf("%%q: %s", got)
	}
	if got := fmt.Sprint((*agentclients.Error)(nil)); got != "<nil>" {
		t.Errorf("nil: %s", got)
	}
	if got := fmt.Sprintf("%v", []error{e, fmt.Errorf("x: %w", e)}); strings.Contains(got, "secret") {
		t.Errorf("in a list: %s", got)
	}
	encoded, err := json.Marshal(e)
	if err != nil || strings.Contains(string(encoded), "secret") {
		t.Errorf("as JSON: %s, %v", encoded, err)
	}
}

func TestErrorLogValue(t *testing.T) {
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Error("failed", "error", secretError())
	_, got, _ := strings.Cut(log.String(), "msg=failed ")
	const want = `error.provider=orq error.op="create agent" error.method=POST error.url=https://api.orq.ai/v2/agents/ error.status=401 error.code=no_key error.resource_id=a.b error.request_id=req_1 error.retry_after=0s error.attempts=2 error.outcome_unknown=false error.error="orq: create agent: 401 Unauthorized: context canceled: no (POST https://api.orq.ai/v2/agents/, id a.b, request id req_1, 2 attempts)"` + "\n"
	if got != want {
		t.Errorf("logged\n%s\nnot\n%s", got, want)
	}
}

func TestResponseString(t *testing.T) {
	r := agentclients.Response{StatusCode: 201, Header: http.Header{"X": {"secret"}}, Body: []byte("secret"), RequestID: "req_1", Attempts: 2, Elapsed: time.Second}
	for _, verb := range []string{"%v", "%s", "%+v"} {
		if got := fmt.Sprintf(verb, r); got != `201 Created (request id "req_1", attempts 2)` {
			t.Errorf("%s: %s", verb, got)
		}
	}
	if lost := (agentclients.Response{Attempts: 4}); lost.String() != `no response (request id "", attempts 4)` {
		t.Error(lost.String())
	}
	if r.Settled = true; r.String() != `201 Created (request id "req_1", attempts 2, settled)` {
		t.Error(r.String())
	}
}

// What a server says about a field is one line, too.
func TestFieldErrorIsOneLine(t *testing.T) {
	f := agentclients.FieldError{Path: "a\nb", Message: "c\x1b[2Jd\u2028e"}
	if got, want := f.String(), `a b c\u001b[2Jd e`; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	d := agentclients.FieldDiff{Path: "a\nb", Want: 1, Have: "c\nd"}
	if got, want := d.String(), `a b: want 1, have "c\nd"`; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}
