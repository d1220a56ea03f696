// Package pipenet is a network in memory: a listener whose connections are
// pipes, which can break as TCP connections do.
package pipenet

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// Host is where an in-memory server is reached. Names that end in
// .localhost are this machine to everybody, and nobody looks this one up.
const Host = "mock.localhost"

// Listener is a listener whose connections are pipes in memory.
type Listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// NewListener returns a listener that accepts until it is closed.
func NewListener() *Listener {
	return &Listener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept returns the far end of the next connection that Dial makes.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial; connections that exist stay.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is the address of Host.
func (l *Listener) Addr() net.Addr { return address{} }

// Dial makes a connection to the listener. It refuses any other host, so that
// a client of an in-memory server never reaches the network.
func (l *Listener) Dial(ctx context.Context, _, to string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(to)
	if err != nil || host != Host {
		return nil, fmt.Errorf("mockserver: the client of an in-memory server reaches only http://%s, not %s", Host, to)
	}
	near, far := net.Pipe()
	broken := new(atomic.Bool)
	select {
	case l.conns <- &conn{far, broken}:
		return &conn{near, broken}, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Addr: address{}, Err: errRefused}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// conn is one end of a pipe that can break as a TCP connection does.
type conn struct {
	net.Conn
	broken *atomic.Bool
}

// Reset breaks the pipe: both ends see "connection reset by peer".
func (c *conn) Reset() { c.broken.Store(true) }

func (c *conn) Read(data []byte) (int, error) {
	n, err := c.Conn.Read(data)
	return n, c.explain("read", err)
}

func (c *conn) Write(data []byte) (int, error) {
	n, err := c.Conn.Write(data)
	return n, c.explain("write", err)
}

func (c *conn) explain(op string, err error) error {
	if err != nil && c.broken.Load() {
		return &net.OpError{Op: op, Net: "pipe", Addr: address{}, Err: errReset}
	}
	return err
}

func (c *conn) LocalAddr() net.Addr  { return address{} }
func (c *conn) RemoteAddr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return Host + ":80" }
