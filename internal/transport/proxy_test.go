package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

const proxyPassword = "hunter2-hunter2"

// refusingProxy is a proxy that refuses every CONNECT in the same way.
type refusingProxy struct {
	response string
	hold     bool // leaves the connection open
	asked    int
}

// client returns a client that goes through the proxy, with a pool as it is
// made for the process.
func (p *refusingProxy) client(t *testing.T, change ...func(*agentclients.Options)) *Client {
	standard := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com:3128", User: url.UserPassword("user", proxyPassword)})}
	standard.DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go p.serve(t, far)
		return near, nil
	}
	pool := newPool(standard)
	t.Cleanup(pool.CloseIdleConnections)
	return newTestClient(t, pool, append(change, func(o *agentclients.Options) { o.BaseURL = "https://api.example.com" })...)
}

func (p *refusingProxy) serve(t *testing.T, conn net.Conn) {
	defer conn.Close()
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil || request.Method != http.MethodConnect {
		t.Errorf("got %v, %v", request, err)
		return
	}
	p.asked++
	io.WriteString(conn, p.response) //nolint:errcheck // the client tells
	if p.hold {
		stall(conn)
	}
}

// A proxy's refusal means that nothing was sent. The proxy that wants a
// credential, or does not want this host, will say the same again.
func TestProxyThatRefuses(t *testing.T) {
	for _, test := range []struct {
		status, attempts int
	}{{407, 1}, {403, 1}, {502, 3}, {503, 3}, {504, 3}, {500, 3}, {429, 3}, {404, 3}} {
		for replay, class := range classes {
			t.Run(fmt.Sprint(test.status, " ", class), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					proxy := &refusingProxy{response: fmt.Sprintf("HTTP/1.1 %d %s\r\nConnection: close\r\n\r\n<h1>Policy 7: %s is not for you</h1>", test.status, http.StatusText(test.status), proxyPassword)}
					_, err := create(t.Context(), proxy.client(t), replay)
					e := asError(t, err)
					if e.Attempts != test.attempts || proxy.asked != test.attempts || e.OutcomeUnknown || e.StatusCode != 0 {
						t.Errorf("%d attempts, asked %d times: %+v", e.Attempts, proxy.asked, err)
					}
					var refused *proxyError
					if !errors.As(err, &refused) || refused.status != test.status {
						t.Errorf("the status is lost: %v", err)
					}
					text := err.Error()
					for _, want := range []string{"proxy.example.com:3128", fmt.Sprint(test.status), "Policy 7"} {
						if !strings.Contains(text, want) {
							t.Errorf("error does not say %s: %s", want, text)
						}
					}
					if strings.Contains(text, proxyPassword) || strings.Contains(text, "user:") {
						t.Errorf("error shows the proxy's credential: %s", text)
					}
				})
			})
		}
	}
}

// A proxy that does not come to the end of its words does not hang anybody.
func TestProxyThatStallsInItsWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		proxy := &refusingProxy{response: "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 100\r\n\r\n", hold: true}
		start := time.Now()
		_, err := create(t.Context(), proxy.client(t), ReplayNever)
		e := asError(t, err)
		if elapsed := time.Since(start); elapsed > proxyWordsWait || e.Attempts != 1 || !strings.Contains(err.Error(), "407 Proxy Authentication Required") {
			t.Errorf("after %v: %v", elapsed, err)
		}
		synctest.Wait()
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%d goroutines, %d before", after, before)
		}
	})
}

// The hook of the default transport that a program set is asked, too.
func TestProxyHookOfTheUser(t *testing.T) {
	mine := errors.New("mine")
	pool := newPool(&http.Transport{OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
		if response.StatusCode == 418 {
			return mine
		}
		return nil
	}})
	request := &http.Request{Header: http.Header{}}
	for status, want := range map[int]error{200: nil, 418: mine} {
		err := pool.OnProxyConnectResponse(t.Context(), &url.URL{Host: "p"}, request, &http.Response{StatusCode: status, Body: http.NoBody})
		if err != want {
			t.Errorf("%d: %v", status, err)
		}
	}
	err := pool.OnProxyConnectResponse(t.Context(), &url.URL{Host: "p"}, request, &http.Response{StatusCode: 502, Status: "502 Bad Gateway", Body: http.NoBody})
	if err == nil || err.Error() != "the proxy p refused to connect: 502 Bad Gateway" {
		t.Errorf("502: %v", err)
	}
}
