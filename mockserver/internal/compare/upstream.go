// Package compare is what it takes to ask a real API and the mock the same and
// to tell in what their responses differ: it sends requests to the real API,
// each exactly once, keeps which id there is which one here, and collects
// differences.
package compare

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Upstream is a real API. It is safe for concurrent use.
type Upstream struct {
	base      *url.URL
	prefix    string // the base URL without a slash at its end
	transport http.RoundTripper
	via       string // what marks its requests, so that a loop is noticed
}

// New returns the real API below a base URL. Its error does not show the URL:
// there could be a password in it.
func New(base string) (*Upstream, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, errors.New(`must be an http or https URL with a host and no user, query or fragment, such as "https://api.orq.ai"`)
	}
	return &Upstream{base: u, prefix: strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), transport: newTransport(), via: "1.1 agentmock-" + rand.Text()}, nil
}

// IsOwn reports whether a request was sent by this Upstream.
func (u *Upstream) IsOwn(r *http.Request) bool {
	for _, value := range r.Header["Via"] {
		if strings.Contains(value, u.via) {
			return true
		}
	}
	return false
}

// newTransport returns a transport that never sends a request twice: net/http
// does so on connections that were used before and, with HTTP/2, after some
// refusals. It changes nothing about bodies and follows no redirect.
func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 15 * time.Second,
		Protocols:           protocols,
		DisableKeepAlives:   true,
		DisableCompression:  true,
	}
}

// Send sends a request to the real API: in's method, headers and query, with a
// path below the base URL, escaped, and a body. What the real API says before
// its response (1xx), hint gets, but never after Send has returned. Its error
// is an *Error.
func (u *Upstream) Send(ctx context.Context, in *http.Request, path string, body []byte, hint func(status int, header http.Header)) (*http.Response, error) {
	target, err := url.Parse(u.prefix + path)
	if err != nil || target.Host != u.base.Host || target.User != nil {
		return nil, &Error{Reason: "the path cannot be sent"}
	}
	target.RawQuery, target.ForceQuery = in.URL.RawQuery, in.URL.ForceQuery
	out := &http.Request{
		Method: in.Method, URL: target, Host: u.base.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(in.Header)), Body: http.NoBody,
	}
	copyHeader(out.Header, in.Header)
	delete(out.Header, "Content-Length")
	delete(out.Header, "Expect") // the body is here already
	out.Header.Add("Via", u.via)
	if out.Header["User-Agent"] == nil {
		out.Header.Set("User-Agent", "") // else net/http adds its own
	}
	if len(body) > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	ctx, end := withHints(ctx, hint)
	defer end()
	response, err := u.transport.RoundTrip(out.WithContext(ctx))
	switch {
	case err != nil:
		return nil, &Error{Reason: reason(err), cause: err}
	case response.StatusCode < 200: // 101 changes the protocol, and net/http writes no status below 100
		response.Body.Close() //nolint:errcheck // nothing of it is read
		return nil, &Error{Reason: "its status is " + statusText(response.StatusCode) + ", which is none of a response"}
	}
	return response, nil
}

// withHints lets hint get the responses before the last one, until end. 100
// Continue is about one connection.
func withHints(ctx context.Context, hint func(status int, header http.Header)) (_ context.Context, end func()) {
	var mu sync.Mutex // a trace can still be told when its request has failed
	ended := false
	trace := &httptrace.ClientTrace{Got1xxResponse: func(status int, header textproto.MIMEHeader) error {
		mu.Lock()
		defer mu.Unlock()
		if !ended && status != http.StatusContinue {
			hint(status, http.Header(header))
		}
		return nil
	}}
	return httptrace.WithClientTrace(ctx, trace), func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
	}
}

// Error says that there is no response of the real API. Its text has nothing
// of the request.
type Error struct {
	Reason string
	cause  error
}

// Error says why, for people.
func (e *Error) Error() string { return e.Reason }

// Unwrap returns the cause, which may have anything in its text.
func (e *Error) Unwrap() error { return e.cause }

// reason says for people why there is no response. The text of err is only in
// it where it can be about nothing but the address.
func reason(err error) string {
	var certificate *tls.CertificateVerificationError
	var network *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return "the client went away"
	case errors.As(err, &certificate):
		return "its certificate is not trusted"
	case errors.As(err, &network) && (network.Op == "dial" || network.Op == "proxyconnect"):
		return "it cannot be reached: " + network.Error()
	}
	return "the connection broke before a response came, so that the request may have taken effect or not"
}

// hopHeaders are about one connection, and not passed on.
var hopHeaders = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// mockPrefix begins the names of headers that are the mock's own.
const mockPrefix = "X-Mock-"

// passedOn is what of a header is not about one connection and not the mock's
// own.
func passedOn(header http.Header) http.Header {
	given := make(http.Header, len(header))
	copyHeader(given, header)
	return given
}

// copyHeader copies what is not about one connection and not the mock's own.
func copyHeader(to, from http.Header) {
	for name, values := range from {
		if !strings.HasPrefix(name, mockPrefix) {
			to[name] = append([]string(nil), values...)
		}
	}
	for _, value := range from["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			to.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopHeaders {
		delete(to, name)
	}
}

// CopyHeader gives a response the headers of a real one. What lets a web page
// read the response is the mock's, if it is there already.
func CopyHeader(to http.Header, from http.Header) {
	given := passedOn(from)
	_, forPage := to["Access-Control-Allow-Origin"]
	for name, values := range given {
		switch {
		case forPage && strings.HasPrefix(name, "Access-Control-"):
		case name == "Vary":
			to[name] = append(to[name], values...)
		default:
			to[name] = values
		}
	}
	for _, name := range []string{"Content-Type", "Date"} {
		if len(given[name]) == 0 {
			to[name] = nil // else net/http adds its own
		}
	}
}

// AnnounceTrailers names the trailers that a real response has announced.
func AnnounceTrailers(to http.Header, real *http.Response) {
	if names := slices.Sorted(maps.Keys(passedOn(real.Trailer))); len(names) > 0 {
		to["Trailer"] = []string{strings.Join(names, ", ")}
	}
}

// CopyTrailers gives a response the trailers of a real one, all of whose body
// was read: those that were not announced, too.
func CopyTrailers(to http.Header, real *http.Response) {
	for name, values := range passedOn(real.Trailer) {
		to[http.TrailerPrefix+name] = values
	}
}
