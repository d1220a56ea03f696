package mockserver

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// leanClient sends one prepared request again and again over one connection.
// It does as little as it can, so that what is measured is the server.
type leanClient struct {
	conn    net.Conn
	answers *bufio.Reader
	request []byte
}

func newLeanClient(b *testing.B, server *httptest.Server, path string, header ...string) *leanClient {
	b.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	var request bytes.Buffer
	fmt.Fprintf(&request, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n",
		path, conn.RemoteAddr(), len(benchmarkBody))
	for i := 0; i < len(header); i += 2 {
		fmt.Fprintf(&request, "%s: %s\r\n", header[i], header[i+1])
	}
	request.WriteString("\r\n" + benchmarkBody)
	return &leanClient{conn, bufio.NewReader(conn), request.Bytes()}
}

func (c *leanClient) send() error {
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	status, err := c.answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("answered with %s", status)
	}
	length := -1
	for {
		line, err := c.answers.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("the answer has no length")
	}
	_, err = c.answers.Discard(length)
	return err
}

// BenchmarkRatio compares creates per second with those of the bare handler:
// many short rounds of each in turn, so that whatever else the machine does
// hits both, and the median of the rounds.
func BenchmarkRatio(b *testing.B) {
	const connections, round = 4, 500
	load := func(handler http.Handler, path string) (run func() time.Duration) {
		server := httptest.NewServer(handler)
		b.Cleanup(server.Close)
		clients := make([]*leanClient, connections)
		for i := range clients {
			clients[i] = newLeanClient(b, server, path, "X-Api-Key", "k", "X-Workspace-Id", "w")
		}
		return func() time.Duration {
			began := time.Now()
			var done sync.WaitGroup
			for _, client := range clients {
				done.Go(func() {
					for range round {
						if err := client.send(); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			done.Wait()
			return time.Since(began)
		}
	}
	bare := load(&bareHandler{agents: make(map[string]*bareAgent)}, "/")
	mock := load(must(New(Config{Strictness: Report})), "/omniflow"+omniflowAgents)
	bare()
	mock()
	var ratios []float64
	var bareTime, mockTime time.Duration
	for b.Loop() {
		before := bare()
		ours := mock()
		after := bare()
		ratios = append(ratios, (before+after).Seconds()/2/ours.Seconds())
		bareTime += before + after
		mockTime += ours
	}
	slices.Sort(ratios)
	requests := float64(len(ratios) * connections * round)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(2*requests/bareTime.Seconds(), "bare-req/s")
	b.ReportMetric(requests/mockTime.Seconds(), "mock-req/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkNamespaces compares a request in the first namespace with one in
// the thousandth.
func BenchmarkNamespaces(b *testing.B) {
	server := must(New(Config{}))
	for i := range 1000 {
		server.Namespace(fmt.Sprintf("n%d", i))
	}
	for _, name := range []string{"n0", "n999"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest("GET", "/_ns/"+name+"/omniflow"+omniflowAgents, nil)
				r.Header.Set("X-Api-Key", "k")
				r.Header.Set("X-Workspace-Id", "w")
				w := httptest.NewRecorder()
				server.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Body)
				}
				io.Copy(io.Discard, w.Body) //nolint:errcheck // it is in memory
			}
		})
	}
}
