package mockserver

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/pipenet"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// sendHead opens a connection in memory and sends a request to make an agent,
// with as much of its body as is given.
func sendHead(t *testing.T, server *Server, path, length, body string) net.Conn {
	t.Helper()
	conn, err := server.Client().Transport.(*http.Transport).DialContext(t.Context(), "tcp", pipenet.Host+":80")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: k\r\nX-Workspace-Id: w\r\nContent-Type: application/json\r\n%s\r\n\r\n%s",
		path, length, body)
	return conn
}

// dialServer serves in memory until the test ends, and opens a connection.
func dialServer(t *testing.T, web *http.Server) net.Conn {
	t.Helper()
	listener := pipenet.NewListener()
	go web.Serve(listener) //nolint:errcheck // it ends with the test
	t.Cleanup(func() {
		web.Close()
		synctest.Wait()
	})
	conn, err := listener.Dial(t.Context(), "tcp", pipenet.Host+":80")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// A sender that stalls is told so after 30 seconds, and its connection ends.
func TestStalledSenderIsCutOff(t *testing.T) {
	for _, length := range []string{"Content-Length: 1000", "Content-Length: 8388608", "Transfer-Encoding: chunked"} {
		for _, path := range []string{"/omniflow" + omniflowAgents, "/_mock/namespaces"} {
			synctest.Test(t, func(t *testing.T) {
				server := StartInMemory(t, Config{})
				began := time.Now()
				conn := sendHead(t, server, path, length, "5\r\n{\"na")
				response, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				if response.StatusCode != http.StatusRequestTimeout || !response.Close || time.Since(began).Truncate(time.Second) != 30*time.Second {
					t.Errorf("%s %s: %d after %s, close %t", path, length, response.StatusCode, time.Since(began), response.Close)
				}
				io.Copy(io.Discard, response.Body) //nolint:errcheck // then the connection ends
				if _, err := conn.Read(make([]byte, 1)); err == nil {
					t.Errorf("%s %s: the connection goes on", path, length)
				}
				if calls := server.Calls(journal.Match{Status: 408, Outcome: journal.Complete}); path[1] == 'o' && len(calls) != 1 {
					t.Errorf("%s: the journal has %+v", length, server.Calls(journal.Match{}))
				}
			})
		}
	}
}

// Each has 30 seconds of its own, from its last byte on.
func TestStalledSendersAreCutOffOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := StartInMemory(t, Config{})
		for round := range 2 { // once more when nothing was read for a while
			var all sync.WaitGroup
			for i := range 4 {
				all.Go(func() {
					before := time.Duration(i+1) * 7 * time.Second
					<-time.After(before) // virtual
					began := time.Now()
					conn := sendHead(t, server, "/omniflow"+omniflowAgents, "Content-Length: 1000", "{")
					<-time.After(before)          // virtual
					conn.Write([]byte(`"name":`)) //nolint:errcheck // the response shows it
					response, err := http.ReadResponse(bufio.NewReader(conn), nil)
					if err != nil {
						t.Error(err)
						return
					}
					if after := time.Since(began); response.StatusCode != http.StatusRequestTimeout || after != before+30*time.Second {
						t.Errorf("round %d, sender %d: %d after %s", round, i, response.StatusCode, after)
					}
				})
			}
			all.Wait()
			<-time.After(time.Hour) // virtual
		}
	})
}

// A handler can serve in several testing/synctest bubbles, each of which has a
// time of its own: what was begun in one that ended cuts off nobody elsewhere,
// and keeps nobody from being cut off.
func TestStalledSendersAreCutOffInEveryBubble(t *testing.T) {
	server := testServer(t, Config{PublicURL: "http://" + pipenet.Host})
	for range 2 {
		for _, body := range []string{"{", `{"name":"a"}`} {
			synctest.Test(t, func(t *testing.T) {
				conn := dialServer(t, &http.Server{Handler: server})
				began := time.Now()
				fmt.Fprintf(conn, "POST /omniflow%s HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: k\r\nX-Workspace-Id: w\r\n"+
					"Content-Type: application/json\r\nContent-Length: 12\r\n\r\n%s", omniflowAgents, body)
				response, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				took, stalls := time.Since(began), body == "{"
				if stalls && (response.StatusCode != http.StatusRequestTimeout || took != 30*time.Second) || !stalls && response.StatusCode != http.StatusOK {
					t.Errorf("%q: %d after %s", body, response.StatusCode, took)
				}
			})
		}
	}
}

// A server that has a read timeout of its own keeps it, and tells as much.
func TestReadTimeoutOfAServerIsKept(t *testing.T) {
	for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			server := testServer(t, Config{PublicURL: "http://" + pipenet.Host})
			conn := dialServer(t, &http.Server{Handler: server, ReadTimeout: 10 * time.Second})
			began := time.Now()
			fmt.Fprintf(conn, "POST /omniflow%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n%s\r\n", omniflowAgents, expect)
			reader := bufio.NewReader(conn)
			response, err := http.ReadResponse(reader, nil)
			if err == nil && response.StatusCode == http.StatusContinue {
				response, err = http.ReadResponse(reader, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			const reason = "the request body did not come within 10s"
			if response.StatusCode != http.StatusRequestTimeout || response.Header.Get("X-Mock-Reason") != reason || time.Since(began) != 10*time.Second || !response.Close {
				t.Errorf("%d after %s: %v", response.StatusCode, time.Since(began), response.Header)
			}
			server.AssertMatches(t, journal.Match{Status: 408, Outcome: journal.Complete}, journal.Exactly(1))
		})
	}
}

// The same on HTTP/2, where the deadline is that of a stream.
func TestStalledSenderIsCutOffOnHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := testServer(t, Config{PublicURL: "http://" + pipenet.Host})
		listener := pipenet.NewListener()
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		web := &http.Server{Handler: server, Protocols: protocols}
		go web.Serve(listener) //nolint:errcheck // it ends with the test
		transport := &http.Transport{DialContext: listener.Dial, Protocols: protocols}
		defer synctest.Wait()
		defer web.Close()
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}

		body, writer := io.Pipe()
		defer writer.Close()
		go io.WriteString(writer, `{"na`) //nolint:errcheck // the response shows it
		r := omniflowRequest(server.Namespace(""), "POST", omniflowAgents, "")
		r.Body, r.ContentLength = body, -1
		began := time.Now()
		if got := exchangeWith(client, r); got.err != nil || got.status != http.StatusRequestTimeout || time.Since(began) < 30*time.Second {
			t.Errorf("%+v after %s", got, time.Since(began))
		}
		server.Fail(OmniflowCreateAgent, fault.Delay(time.Hour, fault.AfterCommit))
		if got := exchangeWith(client, omniflowRequest(server.Namespace(""), "POST", omniflowAgents, `{"name":"a"}`)); got.status != http.StatusOK {
			t.Errorf("after an hour: %+v", got)
		}
	})
}

// slowly writes a byte each 20 seconds.
type slowly struct{ text string }

func (s *slowly) Read(into []byte) (int, error) {
	if s.text == "" {
		return 0, io.EOF
	}
	<-time.After(20 * time.Second) // virtual
	n := copy(into, s.text[:1])
	s.text = s.text[n:]
	return n, nil
}

// Only a sender that stalls is cut off: not one that is slow, and no request
// that waits for its response, with a body or without one.
func TestWhoDoesNotStallIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := StartInMemory(t, Config{})
		r := omniflowRequest(server.Namespace(""), "POST", omniflowAgents, "")
		r.Body, r.ContentLength = io.NopCloser(&slowly{`{"name":"a"}`}), 12
		if got := exchangeWith(server.Client(), r); got.status != http.StatusOK {
			t.Errorf("slowly: %+v", got)
		}
		for _, stage := range []fault.Stage{fault.BeforeRead, fault.BeforeCommit, fault.AfterCommit} {
			server.AddRule(fault.Rule{Op: fault.AnyOp, Times: 2, Do: []fault.Fault{fault.Delay(10*time.Minute, stage)}})
			if got := exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "POST", omniflowAgents, `{"name":"a"}`)); got.status != http.StatusOK {
				t.Errorf("%s: %+v", stage, got)
			}
			if got := exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "GET", omniflowAgents, "")); got.status != http.StatusOK {
				t.Errorf("GET %s: %+v", stage, got)
			}
		}
		if calls := server.Calls(journal.Match{Outcome: journal.Complete}); len(calls) != 7 {
			t.Errorf("%d of 7 are complete", len(calls))
		}
	})
}

// A client that writes all of a long body before it reads gets the 413, and
// not a broken connection.
func TestClientsThatWriteBeforeTheyReadLearnThatABodyIsTooLong(t *testing.T) {
	server := Start(t, Config{})
	address := strings.TrimPrefix(strings.TrimSuffix(server.URL(Orq), "/orq"), "http://")
	const size = 20 << 20
	for _, path := range []string{"/orq/v2/agents", "/_mock/namespaces"} {
		for _, chunked := range []bool{false, true} {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			head, body := fmt.Sprintf("Content-Length: %d\r\n\r\n", size), make([]byte, size)
			if chunked {
				head, body = fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", size), append(body, "\r\n0\r\n\r\n"...)
			}
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n%s", path, head)
			if n, err := io.Copy(conn, bytes.NewReader(body)); err != nil {
				t.Errorf("%s, chunked %t: after %d bytes %v", path, chunked, n, err)
			}
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("%s, chunked %t: %v", path, chunked, err)
			}
			if response.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s, chunked %t: %d", path, chunked, response.StatusCode)
			}
		}
	}
}

// What is thrown away of a long body is bounded: by what is announced, by
// what comes, by time, and by whether the client waits for a word.
func TestLongBodiesAreNotReadForever(t *testing.T) {
	for name, c := range map[string]struct {
		length string
		after  time.Duration
	}{
		"it stalls":           {"Content-Length: 20971520", 5 * time.Second},
		"it is much too long": {"Content-Length: 1099511627776", 0},
		"it waits":            {"Content-Length: 20971520\r\nExpect: 100-continue", 0},
		"it never ends":       {"Transfer-Encoding: chunked", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			server := StartInMemory(t, Config{})
			began := time.Now()
			body := ""
			if name == "it never ends" {
				body = "fffffffff\r\n"
			}
			conn := sendHead(t, server, "/omniflow"+omniflowAgents, c.length, body)
			if body != "" {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() {
					<-time.After(time.Second) // when the head is through
					for ctx.Err() == nil {
						if _, err := conn.Write(make([]byte, 1<<20)); err != nil {
							return
						}
					}
				}()
			}
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if took := time.Since(began).Truncate(2 * time.Second); response.StatusCode != http.StatusRequestEntityTooLarge || took != c.after.Truncate(2*time.Second) {
				t.Errorf("%s: %d after %s", name, response.StatusCode, took)
			}
			conn.Close()
		})
	}
}

// A body that is encoded is refused by the name of its encoding, in the shape
// of the API, and only where a plain one would have been read.
func TestEncodedBodiesAreRefusedByName(t *testing.T) {
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	writer.Write([]byte(`{"name":"a"}`)) //nolint:errcheck // in memory
	writer.Close()
	for _, strictness := range []Strictness{AsAPI, Report, Reject} {
		server := testServer(t, Config{Strictness: strictness})
		send := func(target target, encoding, body, key string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(target.method, target.path, strings.NewReader(body))
			r.Header = hostileHeader()
			if key == "" {
				r.Header.Del("Authorization")
				r.Header.Del("X-Api-Key")
			}
			r.Header.Set("Content-Encoding", encoding)
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			return w
		}
		for _, target := range targets() {
			if !target.body {
				continue
			}
			for _, encoding := range []string{"gzip", "identity, br", "x"} {
				got := send(target, encoding, zipped.String(), "k")
				want := `Content-Encoding "` + strings.TrimPrefix(encoding, "identity, ") + `" is not supported`
				if got.Code != http.StatusUnsupportedMediaType || !strings.Contains(strings.ReplaceAll(got.Body.String(), `\"`, `"`), want) || got.Header().Get("Accept-Encoding") != "identity" ||
					!inShape(target.api, got.Header().Get("Content-Type"), got.Body.Bytes()) {
					t.Errorf("%s with %s: %d %s", target.op, encoding, got.Code, got.Body)
				}
			}
			if got := send(target, "gzip", zipped.String(), ""); !target.public && got.Code != http.StatusUnauthorized {
				t.Errorf("%s without a credential: %d", target.op, got.Code)
			}
			for _, encoding := range []string{"identity", "", "Identity,"} {
				if got := send(target, encoding, `{}`, "k"); got.Code == http.StatusUnsupportedMediaType {
					t.Errorf("%s with %q: %s", target.op, encoding, got.Body)
				}
			}
			if got := send(target, "gzip", "", "k"); got.Code == http.StatusUnsupportedMediaType {
				t.Errorf("%s without a body: %s", target.op, got.Body)
			}
		}
		for _, call := range server.Calls(journal.Match{Status: 415}) {
			if !slices.Contains(call.Guesses, call.API+".content-encoding") {
				t.Errorf("%s: guesses %q", call.Op, call.Guesses)
			}
		}
	}
	server := StartInMemory(t, Config{})
	r, err := http.NewRequest("POST", "http://mock.localhost/_mock/namespaces", &zipped)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Encoding", "gzip")
	if got := exchangeWith(server.Client(), r); got.status != http.StatusUnsupportedMediaType || !strings.Contains(got.body, "gzip") {
		t.Errorf("the admin API: %+v", got)
	}
}

// Who asks for much and reads nothing of it is cut off after 30 seconds; who
// reads slowly gets all of it, and a stream with nothing to tell stays.
func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := StartInMemory(t, Config{})
		for range 3 {
			body := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
			if got := exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "POST", omniflowAgents, body)); got.status != http.StatusOK {
				t.Fatalf("%d", got.status)
			}
		}
		dial := func(path string) net.Conn {
			conn, err := server.Client().Transport.(*http.Transport).DialContext(t.Context(), "tcp", pipenet.Host+":80")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: mock.localhost\r\nX-Api-Key: k\r\nX-Workspace-Id: w1\r\n\r\n", path)
			return conn
		}
		dial("/omniflow" + omniflowAgents)
		unread := dial("/_mock/namespaces/default/events")
		began := time.Now()
		calls, err := server.Wait(t.Context(), 1, journal.Match{Op: OmniflowListAgents, Outcome: journal.ClientGone})
		if took := time.Since(began); err != nil || took != 30*time.Second || calls[0].Status != http.StatusOK {
			t.Errorf("after %s: %v", took, err)
		}
		<-time.After(time.Second)   // virtual
		io.Copy(io.Discard, unread) //nolint:errcheck // it ends: that is what matters

		slow := bufio.NewReaderSize(dial("/omniflow"+omniflowAgents), 16)
		response, err := http.ReadResponse(slow, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			<-time.After(20 * time.Second) // virtual
			if _, err := io.CopyN(io.Discard, response.Body, 128<<10); err != nil {
				t.Fatalf("slowly: %v", err)
			}
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Errorf("slowly: %v", err)
		}

		quiet := bufio.NewReader(dial("/_mock/namespaces/default/events"))
		for line := ""; !strings.HasPrefix(line, ": the journal"); {
			if line, err = quiet.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		var events int
		go func() {
			for line := ""; err == nil; line, err = quiet.ReadString('\n') {
				if line == "event: call\n" {
					events++
				}
			}
		}()
		<-time.After(time.Hour) // virtual
		synctest.Wait()
		before := events
		createOmniflow(server.Namespace(""))
		synctest.Wait()
		if events != before+1 {
			t.Errorf("after an hour without one, %d events came, want 1", events-before)
		}
	})
}
