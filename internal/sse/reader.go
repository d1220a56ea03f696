// Package sse reads event streams, as the HTML standard describes them
// ("Server-sent events", 9.2.6).
//
//	reader := sse.NewReader(body, 4<<20)
//	for {
//		event, err := reader.Next()
//		if err != nil {
//			return err // io.EOF: the stream ended between two events
//		}
//		…
//	}
//
// It reads and does nothing else: when to reconnect, and after which event a
// stream is over, is for who knows the API. Internal/transport does the first.
package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Event is one event of a stream.
type Event struct {
	// Type is the field event, "" if there is none.
	Type string
	// ID is the field id of this event, "" if there is none.
	ID string
	// Data is the field data, its lines joined by LF. It is good until the
	// next event is read.
	Data []byte
}

// ErrTooLong means that an event is longer than the limit of its Reader.
var ErrTooLong = errors.New("event too long")

// bufferSize is how much is read at once.
const bufferSize = 8 << 10

// Reader reads the events of one stream. Its work and its memory are linear
// in the bytes, in whatever pieces they come.
type Reader struct {
	source io.Reader
	limit  int

	buffer  []byte // what was read
	unread  []byte // the rest of it
	failure error  // of the source: what comes after unread

	started  bool   // past the byte order mark
	afterCR  bool   // a LF here belongs to the line before
	skipping bool   // within a comment, whose bytes nobody needs
	partial  []byte // the beginning of a line whose end was not read yet

	event    Event
	lastType string // the type of the event before: most have the same
	hasData  bool
	begun    bool // a field of the event was read
	retry    time.Duration
	hasWait  bool
}

// NewReader returns a Reader whose events have at most limit bytes, all their
// fields together.
func NewReader(source io.Reader, limit int) *Reader {
	return &Reader{source: source, limit: limit, buffer: make([]byte, bufferSize)}
}

// Next returns the next event that has data. An event whose blank line does
// not come is not returned: the end of the stream is io.EOF between two
// events, io.ErrUnexpectedEOF within one, or the error of the source.
func (r *Reader) Next() (Event, error) {
	for {
		event, ok, err := r.Buffered()
		if ok || err != nil {
			return event, err
		}
		if err := r.fill(); err != nil {
			return Event{}, err
		}
	}
}

// Buffered is Next without a read: ok is false if what was read already has no
// whole event left.
func (r *Reader) Buffered() (event Event, ok bool, err error) {
	for len(r.unread) > 0 {
		line, ended, err := r.takeLine()
		switch {
		case err != nil:
			return Event{}, false, err
		case !ended: // or nothing is left
		case len(line) > 0:
			r.takeField(line)
			r.partial = r.partial[:0] // which line may be
			if len(r.event.Data) > r.limit {
				return Event{}, false, r.tooLong()
			}
		default:
			r.partial = r.partial[:0] // which is empty but for a byte order mark
			if event, ok := r.dispatch(); ok {
				return event, true, nil
			}
		}
	}
	return Event{}, false, nil
}

// Retry returns the delay before the next connection that the stream named
// last, ok is false if it named none since the last call.
func (r *Reader) Retry() (delay time.Duration, ok bool) {
	delay, ok = r.retry, r.hasWait
	r.hasWait = false
	return delay, ok
}

// fill reads more.
func (r *Reader) fill() error {
	if r.failure != nil {
		if r.failure == io.EOF && (r.begun || r.hasData || len(r.partial) > 0) {
			return io.ErrUnexpectedEOF
		}
		return r.failure
	}
	for range 100 {
		n, err := r.source.Read(r.buffer)
		r.unread, r.failure = r.buffer[:n], err
		if n > 0 || err != nil {
			return nil
		}
	}
	r.failure = io.ErrNoProgress
	return nil
}

// takeLine takes bytes of unread up to the end of a line, which it returns, or
// up to the end of unread, which it keeps. A line is good until the next one.
func (r *Reader) takeLine() (line []byte, ended bool, err error) {
	if r.afterCR {
		r.afterCR = false
		if r.unread[0] == '\n' {
			r.unread = r.unread[1:]
			return nil, false, nil
		}
	}
	if len(r.partial) == 0 && r.unread[0] == ':' {
		r.skipping = true
	}
	end := endOfLine(r.unread)
	part := r.unread
	if end >= 0 {
		part = r.unread[:end]
	}
	// The name of a field and the colon after it do not count.
	if !r.skipping && len(r.partial)+len(part) > r.limit+len("event: ") {
		return nil, false, r.tooLong()
	}
	if end < 0 {
		if !r.skipping {
			r.partial = append(r.partial, part...)
		}
		r.unread = nil
		return nil, false, nil
	}
	r.afterCR = r.unread[end] == '\r'
	r.unread = r.unread[end+1:]
	line = part
	if len(r.partial) > 0 {
		r.partial = append(r.partial, part...)
		line = r.partial
	}
	if !r.started {
		r.started = true
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
		r.skipping = r.skipping || len(line) > 0 && line[0] == ':'
	}
	if r.skipping {
		r.skipping = false
		r.partial = r.partial[:0]
		return nil, false, nil
	}
	return line, true, nil
}

func (r *Reader) tooLong() error {
	r.unread = nil
	r.failure = fmt.Errorf("%w: more than %d bytes", ErrTooLong, r.limit)
	return r.failure
}

// takeField reads one line of an event.
func (r *Reader) takeField(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	r.begun = true
	switch string(name) {
	case "data":
		if r.hasData {
			r.event.Data = append(r.event.Data, '\n')
		}
		r.hasData = true
		r.event.Data = append(r.event.Data, value...)
	case "event":
		if r.lastType != string(value) {
			r.lastType = string(value)
		}
		r.event.Type = r.lastType
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			r.event.ID = string(value)
		}
	case "retry":
		if delay, ok := milliseconds(value); ok {
			r.retry, r.hasWait = delay, true
		}
	}
}

// dispatch ends an event. ok is false if it has no data, and so is none.
func (r *Reader) dispatch() (event Event, ok bool) {
	event, ok = r.event, r.hasData
	r.event = Event{Data: r.event.Data[:0]}
	r.hasData, r.begun = false, false
	return event, ok
}

// milliseconds reads a delay, which has nothing but digits. One that is too
// long to count is the longest.
func milliseconds(value []byte) (time.Duration, bool) {
	const longest = math.MaxInt64 / int64(time.Millisecond)
	total := int64(0)
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		total = min(total*10+int64(c-'0'), longest/10-1)
	}
	return time.Duration(total) * time.Millisecond, len(value) > 0
}

// endOfLine returns where a line ends, -1 if it does not. Two searches for one
// byte are much faster than one for either, and the second looks no farther
// than the first.
func endOfLine(text []byte) int {
	end := bytes.IndexByte(text, '\n')
	if end >= 0 {
		text = text[:end]
	}
	if cr := bytes.IndexByte(text, '\r'); cr >= 0 {
		return cr
	}
	return end
}
