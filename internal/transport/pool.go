package transport

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// pools holds the pool of the process: one for each *http.Transport that
// http.DefaultTransport has been.
var pools sync.Map

// sharedPool returns the connection pool of all clients that were given none.
// It is a clone of http.DefaultTransport, as it is when the request is sent,
// with our limits. A default transport of another type, for tracing or for
// tests, is used as it is.
func sharedPool() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	if pool, ok := pools.Load(standard); ok {
		return pool.(*http.Transport)
	}
	pool, _ := pools.LoadOrStore(standard, newPool(standard))
	return pool.(*http.Transport)
}

// newPool returns a pool with the dialers, the proxy and the TLS settings of
// another one.
func newPool(standard *http.Transport) *http.Transport {
	pool := standard.Clone()
	pool.MaxIdleConnsPerHost = 16
	pool.IdleConnTimeout = 90 * time.Second
	// The context of an attempt bounds the wait for the header. A limit of the
	// pool would cut runs, and its error would pass for the caller's deadline.
	pool.ResponseHeaderTimeout = 0
	// Without pings an HTTP/2 connection that died silently is used again
	// until TCP gives up, about a quarter of an hour.
	pool.HTTP2 = &http.HTTP2Config{
		SendPingTimeout:  15 * time.Second,
		PingTimeout:      15 * time.Second,
		WriteByteTimeout: 30 * time.Second,
	}
	ask := pool.OnProxyConnectResponse
	pool.OnProxyConnectResponse = func(ctx context.Context, proxy *url.URL, request *http.Request, response *http.Response) error {
		if ask != nil {
			if err := ask(ctx, proxy, request, response); err != nil {
				return err
			}
		}
		return checkProxy(ctx, proxy, request, response)
	}
	return pool
}

// newHTTPClient returns a changed copy of the given client, which may be nil.
func newHTTPClient(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	client.Transport, client.Jar = roundTripper{notNil(client.Transport)}, notNil(client.Jar)
	client.Timeout = 0 // the AttemptTimeout includes it, and can be told from the caller's deadline
	// Custom headers, and with them the key of some providers, would travel
	// to the other host.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}
