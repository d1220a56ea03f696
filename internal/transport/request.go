package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/httpheader"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// Request sends a request of the caller's own making: what the method Do of
// every client is. in is nil, an agentclients.Raw, or a JSON value; out is
// nil, a *[]byte for the body as it came, or what the JSON of the response is
// read into.
func Request(ctx context.Context, c *Client, method, path string, in, out any, options []agentclients.CallOption) error {
	name, _, _ := strings.Cut(path, "?")
	var status int
	op := Op{Name: c.hide(method + " " + name), Method: method, Path: path, Body: in, Status: &status, custom: true}
	var problems validate.Problems
	checkMethod(method, &problems)
	checkPath(c.base, path, &problems)
	switch body := in.(type) {
	case agentclients.Raw:
		op.Body, op.raw = nil, &body
		if !httpheader.IsValue(body.ContentType) {
			problems.Add("in.ContentType", "must not hold line breaks or other control characters")
		}
	case []byte:
		problems.Add("in", "must not be []byte: give Raw or json.RawMessage")
	}
	whole, wantsBody := out.(*[]byte)
	if target := reflect.ValueOf(out); out != nil && (target.Kind() != reflect.Pointer || target.IsNil()) {
		problems.Add("out", "must be nil or a pointer that is not nil")
	}
	if err := problems.Err(c.provider, op.Name); err != nil {
		return err
	}
	if wantsBody {
		op.Accept = "*/*"
	}
	if method == http.MethodGet || method == http.MethodHead || apply(options).Idempotent {
		op.Replay = ReplaySafe
	}
	if out == nil {
		return Do(ctx, c, op, options)
	}
	_, err := Call(ctx, c, op, options, func(body []byte) (struct{}, error) {
		var none struct{}
		switch {
		case status == http.StatusNotFound:
			return none, nil // a repeated DELETE, which is done
		case len(bytes.TrimSpace(body)) == 0:
			return none, errors.New("the body is empty")
		case wantsBody:
			*whole = body
			return none, nil
		}
		return none, json.Unmarshal(body, out)
	})
	return err
}

func checkMethod(method string, problems *validate.Problems) {
	if !httpheader.IsName(method) || method != strings.ToUpper(method) || method == http.MethodConnect {
		problems.Add("method", `must be an HTTP method in capitals, such as "GET", and not CONNECT`)
	}
}

// checkPath notes what would make a path lead elsewhere than below base.
// Nothing of it is quoted: it may hold a secret.
func checkPath(base, path string, problems *validate.Problems) {
	target, err := url.Parse(base + path)
	switch {
	case !strings.HasPrefix(path, "/"):
		problems.Add("path", `must begin with "/"; it is below the base URL`)
	case strings.HasPrefix(path, "//"):
		problems.Add("path", `must not begin with "//", as a host does`)
	case err != nil:
		problems.Add("path", "is not a valid path: escape what is special in it")
	case strings.Contains(path, "#"):
		problems.Add("path", "must not have a fragment")
	case hasDots(target.EscapedPath()):
		problems.Add("path", `must not have "." or ".." in it, which have a meaning of their own`)
	}
}

// hasDots reports whether a path has a segment "." or "..", escaped or not.
func hasDots(escaped string) bool {
	for range 3 { // a server may unescape twice
		for segment := range strings.FieldsFuncSeq(escaped, func(r rune) bool { return r == '/' || r == '\\' }) {
			if segment == "." || segment == ".." {
				return true
			}
		}
		unescaped, err := url.PathUnescape(escaped)
		if err != nil || unescaped == escaped {
			return false
		}
		escaped = unescaped
	}
	return false
}
