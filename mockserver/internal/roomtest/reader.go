package roomtest

import (
	"bytes"
	"net/http"
	"runtime"
	"time"
)

// Reader is the end of a stream without a connection. What it takes is there
// before the stream begins, so that what is measured is the server's.
type Reader struct {
	header http.Header
	Text   bytes.Buffer
}

// NewReaders returns that many readers, with room for what is usual.
func NewReaders(n int) []Reader {
	readers := make([]Reader, n)
	for i := range readers {
		readers[i].header = http.Header{}
		readers[i].Text.Grow(64 << 10)
	}
	return readers
}

// Header is that of an http.ResponseWriter.
func (r *Reader) Header() http.Header { return r.header }

// WriteHeader is that of an http.ResponseWriter.
func (r *Reader) WriteHeader(int) {}

// Write keeps what is written.
func (r *Reader) Write(data []byte) (int, error) { return r.Text.Write(data) }

// Flush is that of an http.Flusher.
func (r *Reader) Flush() {}

// SetWriteDeadline takes any.
func (r *Reader) SetWriteDeadline(time.Time) error { return nil }

// InUse is how many bytes of memory are in use.
func InUse() int {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int(memory.HeapAlloc + memory.StackInuse)
}
