package engine

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// The bounds of reading a body.
const (
	// maxBody is the longest request body that is read; a longer one gets 413.
	maxBody = 8 << 20
	// maxDrained and maxDraining are how much of a body that is too long is
	// read and thrown away, and for how long, before it gets its 413: a client
	// that writes all before it reads would never see it otherwise.
	maxDrained  = 32 << 20
	maxDraining = 5 * time.Second
)

// bodyReader reads the body of a request, in the background if asked. Its
// memory follows what was received, whatever the request announces.
type bodyReader struct {
	w      http.ResponseWriter
	r      *http.Request
	stalls *stallWatch
	result chan bodyResult // nil: nothing was started

	givenUp atomic.Bool // nothing more is read of the connection
	stalled atomic.Bool // that is why
}

type bodyResult struct {
	data []byte
	err  error
}

// ReadBody reads the body of a request, up to 8 MiB: a longer one is a
// *http.MaxBytesError, one that stops coming a *StalledError.
func (e *Engine) ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return (&bodyReader{w: w, r: r, stalls: &e.stalls}).finish()
}

// start reads in the background.
func (b *bodyReader) start() {
	b.result = make(chan bodyResult, 1)
	go func() {
		data, err := b.read()
		b.result <- bodyResult{data, err}
		if err != nil { // read on, so that a client that goes is still noticed
			io.Copy(io.Discard, b.r.Body) //nolint:errcheck // nothing more to be known
		}
	}()
}

// finish returns the whole body.
func (b *bodyReader) finish() (data []byte, err error) {
	if b.result == nil {
		data, err = b.read()
	} else {
		result := <-b.result
		data, err = result.data, result.err
	}
	if b.givenUp.Load() {
		b.w.Header().Set("Connection", "close")
	}
	return data, err
}

// abandon ends the reading, so that the request can be responded to although its
// body is still coming: net/http would read on before it responds. The
// connection cannot be used again.
func (b *bodyReader) abandon() {
	if b.result != nil {
		select {
		case <-b.result:
			return
		default:
		}
	} else if b.r.ContentLength == 0 {
		return
	}
	b.w.Header().Set("Connection", "close")
	if b.giveUp() && b.result != nil {
		<-b.result
	}
}

// giveUp makes every read fail from now on, those of net/http included. It
// reports false if that cannot be done to the connection.
func (b *bodyReader) giveUp() bool {
	b.givenUp.Store(true)
	return http.NewResponseController(b.w).SetReadDeadline(time.Unix(1, 0)) == nil
}

// stall is giveUp for a body that stopped coming.
func (b *bodyReader) stall() {
	b.stalled.Store(true)
	b.giveUp()
}

// firstBuffer is how much memory a body gets before any of it came.
const firstBuffer = 4 << 10

// read reads all of the body, up to the limit.
func (b *bodyReader) read() ([]byte, error) {
	if b.r.Body == nil || b.r.Body == http.NoBody {
		return nil, nil
	}
	if b.r.ContentLength > maxBody {
		return nil, b.tooLong(0)
	}
	server := b.server()
	watched := server != nil && server.ReadTimeout <= 0 // one that has a read timeout of its own keeps it
	size := b.r.ContentLength                           // as far as is known
	if size < 0 {
		size = maxBody
	}
	data := make([]byte, 0, min(size, firstBuffer)+1) // one byte more than comes, to see the end
	for {
		if len(data) == cap(data) {
			if int64(len(data)) > size { // only in a test: net/http gives no more than was announced
				size = maxBody
			}
			data = append(make([]byte, 0, min(2*int64(len(data)), size+1)), data...)
		}
		if watched {
			b.stalls.expect(b, server)
		}
		n, err := b.r.Body.Read(data[len(data):cap(data)])
		if watched {
			b.stalls.forget(b, server)
		}
		data = data[:len(data)+n]
		switch {
		case len(data) > maxBody:
			return nil, b.tooLong(int64(len(data)))
		case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF) && server == nil:
			return data, nil
		case err != nil && b.stalled.Load():
			return nil, new(StalledError)
		case errors.Is(err, os.ErrDeadlineExceeded) && server != nil && server.ReadTimeout > 0:
			b.givenUp.Store(true) // whatever comes later
			return nil, &StalledError{whole: server.ReadTimeout}
		case err != nil:
			return nil, err
		}
	}
}

// server is the one of net/http that serves the request. If there is none, a
// test made it by hand and may just have counted wrongly.
func (b *bodyReader) server() *http.Server {
	server, _ := b.r.Context().Value(http.ServerContextKey).(*http.Server)
	return server
}

// tooLong is the error of a body that is too long, of which some was read. If
// the rest does not come soon, nothing waits for it any longer.
func (b *bodyReader) tooLong(read int64) error {
	if b.server() != nil && (b.waits(read) || b.r.ContentLength > maxDrained || !b.drain(maxDrained-read)) {
		b.giveUp()
	}
	return &http.MaxBytesError{Limit: maxBody}
}

// waits reports whether the client sends nothing before somebody reads.
func (b *bodyReader) waits(read int64) bool {
	return read == 0 && strings.EqualFold(b.r.Header.Get("Expect"), "100-continue")
}

// drain throws the rest of the body away and reports whether that was all.
func (b *bodyReader) drain(most int64) bool {
	timer := time.AfterFunc(maxDraining, func() { b.giveUp() })
	_, err := io.CopyN(io.Discard, b.r.Body, most+1)
	return timer.Stop() && err == io.EOF
}
