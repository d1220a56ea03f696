package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
)

// response is what a server of a network says to one request.
type response struct {
	status int
	header string // whole lines
	body   []byte
	reset  bool // it says nothing and resets the connection
}

// network is a server in memory behind net/http's own transport, so that time
// can be virtual.
type network struct {
	respond func(number int, request *http.Request, body []byte) response
	client  *http.Client

	connections atomic.Int32
	mu          sync.Mutex
	requests    int
}

func newNetwork(respond func(int, *http.Request, []byte) response) *network {
	n := &network{respond: respond}
	n.client = &http.Client{Transport: &http.Transport{DialContext: n.dial}}
	return n
}

func (n *network) close() { n.client.CloseIdleConnections() }

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	n.connections.Add(1)
	near, far := net.Pipe()
	conn := &clientConn{Conn: near}
	go n.serve(far, &conn.reset)
	return conn, nil
}

// clientConn is the end of the client. A pipe ends in io.EOF only.
type clientConn struct {
	net.Conn
	reset atomic.Bool
}

func (c *clientConn) Read(into []byte) (int, error) {
	read, err := c.Conn.Read(into)
	if err != nil && c.reset.Load() {
		err = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return read, err
}

func (n *network) serve(conn net.Conn, reset *atomic.Bool) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return // the client closed the connection
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		response := n.next(request, body)
		if response.reset {
			reset.Store(true)
			return
		}
		var text bytes.Buffer
		fmt.Fprintf(&text, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s",
			response.status, http.StatusText(response.status), len(response.body), response.header, response.body)
		if _, err := conn.Write(text.Bytes()); err != nil {
			return
		}
	}
}

func (n *network) next(request *http.Request, body []byte) response {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.requests++
	return n.respond(n.requests, request, body)
}
