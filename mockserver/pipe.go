package mockserver

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// pipeHost is where an in-memory server is reached. Names that end in
// .localhost are this machine to everybody, and nobody looks this one up.
const pipeHost = "mock.localhost"

// pipeListener is a listener whose connections are pipes in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

// dial makes a connection to the listener. It refuses any other host, so that
// a client of an in-memory server never reaches the network.
func (l *pipeListener) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host != pipeHost {
		return nil, fmt.Errorf("mockserver: the client of an in-memory server reaches only http://%s, not %s", pipeHost, address)
	}
	near, far := net.Pipe()
	broken := new(atomic.Bool)
	select {
	case l.conns <- &pipeConn{far, broken}:
		return &pipeConn{near, broken}, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Addr: pipeAddr{}, Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pipeConn is one end of a pipe that can break as a TCP connection does.
type pipeConn struct {
	net.Conn
	broken *atomic.Bool
}

func (c *pipeConn) reset() { c.broken.Store(true) }

func (c *pipeConn) Read(data []byte) (int, error) {
	n, err := c.Conn.Read(data)
	return n, c.explain("read", err)
}

func (c *pipeConn) Write(data []byte) (int, error) {
	n, err := c.Conn.Write(data)
	return n, c.explain("write", err)
}

func (c *pipeConn) explain(op string, err error) error {
	if err != nil && c.broken.Load() {
		return &net.OpError{Op: op, Net: "pipe", Addr: pipeAddr{}, Err: syscall.ECONNRESET}
	}
	return err
}

func (c *pipeConn) LocalAddr() net.Addr  { return pipeAddr{} }
func (c *pipeConn) RemoteAddr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return pipeHost + ":80" }
