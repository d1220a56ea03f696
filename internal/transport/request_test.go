package transport

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestRequest(t *testing.T) {
	for _, test := range []struct {
		name, method, path string
		in, out            any
		response           step
		sent, want         string
		contentType        string
	}{
		{"a read", "GET", "/x?a=1&b=%2F", nil, new(thing), answer(200, created), "", "agt_1", ""},
		{"JSON", "POST", "/x", map[string]string{"a": "<b>"}, new(thing), answer(200, "\xef\xbb\xbf"+created), `{"a":"<b>"}`, "agt_1", "application/json"},
		{"raw", "PUT", "/x", agentclients.Raw{ContentType: "text/csv", Body: []byte("a,b")}, nil, answer(204, ""), "a,b", "", "text/csv"},
		{"raw without a type", "PUT", "/x", agentclients.Raw{Body: []byte("a,b")}, nil, answer(204, ""), "a,b", "", ""},
		{"the whole body", "GET", "/x", nil, new([]byte), answer(200, "a,b"), "", "a,b", ""},
		{"nothing wanted", "DELETE", "/x", nil, nil, answer(200, "gone"), "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.response)
				if err := Request(t.Context(), n.client(), test.method, test.path, test.in, test.out, nil); err != nil {
					t.Fatal(err)
				}
				r := n.seen[0]
				if r.Method != test.method || r.RequestURI != "/base/v1"+test.path || r.Header.Get("x-api-key") != testKey ||
					r.Header.Get("Content-Type") != test.contentType || n.bodies[0] != test.sent {
					t.Errorf("sent %s %s %v %q", r.Method, r.RequestURI, r.Header, n.bodies[0])
				}
				var got string
				switch out := test.out.(type) {
				case *thing:
					got = out.ID
				case *[]byte:
					got = string(*out)
				}
				if got != test.want {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

func TestRequestThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		out      any
		response step
	}{
		"no body":           {new(thing), answer(200, "")},
		"no body for bytes": {new([]byte), answer(204, "")},
		"HTML":              {new(thing), answer(200, "<html>")},
		"another type":      {new(thing), answer(200, `{"id":{}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.response)
				err := Request(t.Context(), n.client(), "POST", "/x", nil, test.out, nil)
				asError(t, err, agentclients.ErrDecode, agentclients.ErrOutcomeUnknown)
				if n.requests() != 1 {
					t.Errorf("%d requests", n.requests())
				}
			})
		})
	}
}

func TestRequestIsRepeatedWhereThatIsHarmless(t *testing.T) {
	idempotent := []agentclients.CallOption{agentclients.Idempotent()}
	for _, test := range []struct {
		method   string
		options  []agentclients.CallOption
		requests int
		unknown  bool
	}{
		{"GET", nil, 3, false}, {"HEAD", nil, 3, false}, {"POST", nil, 1, true}, {"PUT", nil, 1, true}, {"DELETE", nil, 1, true}, {"OPTIONS", nil, 1, true},
		{"POST", idempotent, 3, false}, {"DELETE", idempotent, 3, false}, {"GET", idempotent, 3, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, drop, drop, drop)
			err := Request(t.Context(), n.client(), test.method, "/v2/x?token="+querySecret, nil, nil, test.options)
			e := asError(t, err)
			if n.requests() != test.requests || e.OutcomeUnknown != test.unknown || e.Op != test.method+" /v2/x" || e.Method != test.method {
				t.Errorf("%s: %d requests: %v", test.method, n.requests(), err)
			}
			checkNoSecrets(t, "the error", err.Error())
		})
	}
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(404, `{"error":"no"}`))
		got := thing{ID: "as it was"}
		if err := Request(t.Context(), n.client(), "DELETE", "/x", nil, &got, idempotent); err != nil || got.ID != "as it was" {
			t.Errorf("a repeated DELETE: %v, %v", got, err)
		}
	})
}

func TestRequestsThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		method, path string
		in, out      any
		fields       []string
	}{
		{"", "/x", nil, nil, []string{"method"}},
		{"get", "/x", nil, nil, []string{"method"}},
		{"GE T", "/x", nil, nil, []string{"method"}},
		{"CONNECT", "/x", nil, nil, []string{"method"}},
		{"GET", "", nil, nil, []string{"path"}},
		{"GET", "x", nil, nil, []string{"path"}},
		{"GET", "@evil.example.com/", nil, nil, []string{"path"}},
		{"GET", "https://evil.example.com/", nil, nil, []string{"path"}},
		{"GET", "//evil.example.com/", nil, nil, []string{"path"}},
		{"GET", "/x#y", nil, nil, []string{"path"}},
		{"GET", "/x/../y", nil, nil, []string{"path"}},
		{"GET", "/..", nil, nil, []string{"path"}},
		{"GET", "/x/%2e%2E/y", nil, nil, []string{"path"}},
		{"GET", "/x/%252e%252e/y", nil, nil, []string{"path"}},
		{"GET", "/x%2f..%2fy", nil, nil, []string{"path"}},
		{"GET", `/x\..\y`, nil, nil, []string{"path"}},
		{"GET", "/x\ny", nil, nil, []string{"path"}},
		{"GET", "/%zz", nil, nil, []string{"path"}},
		{"POST", "/x", []byte("{}"), nil, []string{"in"}},
		{"POST", "/x", func() {}, nil, []string{"body"}},
		{"POST", "/x", agentclients.Raw{ContentType: "a\r\nb"}, nil, []string{"in.ContentType"}},
		{"GET", "/x", nil, thing{}, []string{"out"}},
		{"GET", "/x", nil, (*thing)(nil), []string{"out"}},
		{"", "", []byte{}, 5, []string{"method", "path", "in", "out"}},
	} {
		n := newNetwork(t)
		err := Request(t.Context(), n.client(), test.method, test.path, test.in, test.out, nil)
		e := asError(t, err, agentclients.ErrInvalidRequest)
		var got []string
		for _, field := range e.Fields {
			got = append(got, field.Path)
		}
		if diff := cmp.Diff(test.fields, got); diff != "" || n.requests() > 0 {
			t.Errorf("%s %q: %d requests, fields (-want +got):\n%s", test.method, test.path, n.requests(), diff)
		}
	}
	for _, path := range []string{"/x/...", "/x/..a", "/x?y=../z", "/x?y=//z", "/x//y", "/"} {
		client := newTestClient(t, roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}))
		if err := Request(t.Context(), client, "GET", path, nil, nil, nil); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// Idempotent is a word about a request that only its caller knows.
func TestIdempotentIsForRequestOnly(t *testing.T) {
	n := newNetwork(t)
	for replay := range classes {
		_, err := create(t.Context(), n.client(), replay, agentclients.Idempotent())
		if asError(t, err, agentclients.ErrInvalidRequest); !strings.Contains(err.Error(), "Idempotent") {
			t.Error(err)
		}
	}
}
