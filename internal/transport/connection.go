package transport

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// connection is what net/http tells about the connections of one attempt.
// Whether a request was ever sent is read from it, and from nothing else:
// the type of an error proves nothing, since a round tripper between may have
// sent the request once and failed to dial the second time.
type connection struct {
	trace   httptrace.ClientTrace
	direct  bool         // net/http's own Transport sends the request, nothing between
	replays bool         // net/http may send the request again after it wrote a part of it
	asked   atomic.Bool  // it began to get a connection …
	gotten  atomic.Int32 // … and had one, how often
	waiting atomic.Bool  // it began to get a connection and does not have one since
	read    atomic.Bool  // a round tripper between took something of the body
	body    watchedBody  // of the request
}

// watch has the connection see whether the body of a request is read, which
// tells of ways to send it that net/http does not report: those of another
// transport, tried before.
func (c *connection) watch(request *http.Request) {
	if c.direct || request.Body == nil || request.Body == http.NoBody || request.GetBody == nil {
		return
	}
	again := request.GetBody
	c.body = watchedBody{request.Body, &c.read}
	request.Body = &c.body
	request.GetBody = func() (io.ReadCloser, error) {
		body, err := again()
		if err != nil {
			return nil, err
		}
		return &watchedBody{body, &c.read}, nil
	}
}

// watchedBody notes that it is read.
type watchedBody struct {
	io.ReadCloser
	read *atomic.Bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.read.Store(true)
	return b.ReadCloser.Read(p)
}

// begin makes a new connection ready for an attempt that base sends.
func (c *connection) begin(base http.RoundTripper, method string) {
	_, c.direct = base.(*http.Transport)
	c.replays = isReplayed(method)
	c.trace.GetConn = func(string) {
		c.asked.Store(true)
		c.waiting.Store(true)
	}
	c.trace.GotConn = func(httptrace.GotConnInfo) {
		c.gotten.Add(1)
		c.waiting.Store(false)
	}
}

// isReplayed reports whether net/http itself sends a request of this method
// again after it wrote a part of it.
func isReplayed(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// neverSent reports whether the request surely was not sent: there never was
// a connection for it and nobody read its body, or net/http threw away a kept connection on which it
// could not write a single byte, and then got no other.
func (c *connection) neverSent() bool {
	if c.asked.Load() && c.gotten.Load() == 0 {
		return !c.read.Load()
	}
	return c.direct && !c.replays && c.waiting.Load()
}
