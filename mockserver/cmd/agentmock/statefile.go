package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
)

// errLocked is that another process has the lock of a file.
var errLocked = errors.New("another server is using it")

// How long the state must not have changed before it is written, and how long
// a change may wait at most.
const (
	quietTime  = 250 * time.Millisecond
	mostUnsafe = 2 * time.Second
)

// stateFile keeps the state of the default namespace in a file.
type stateFile struct {
	name    string
	mock    *mockserver.Server
	logger  *slog.Logger
	lock    *os.File
	touched chan struct{} // has one element when the state may have changed
	written []byte        // what the file holds
}

// openStateFile locks the file and loads it. A file that cannot be read as a
// whole is an error: an empty start would overwrite it.
func openStateFile(name string, mock *mockserver.Server, logger *slog.Logger) (*stateFile, error) {
	// The file itself is replaced by each write, so the lock has its own.
	lock, err := lockFile(name + ".lock")
	if err != nil {
		return nil, fmt.Errorf("-state %s: %w", name, err)
	}
	f := &stateFile{name: name, mock: mock, logger: logger, lock: lock, touched: make(chan struct{}, 1)}
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := f.save(); err != nil { // now is better than after an hour of work
			f.unlock()
			return nil, err
		}
		return f, nil
	case err != nil:
		f.unlock()
		return nil, misusage("-state: %w", err)
	}
	if err := mock.Restore(notEmpty(data)); err != nil {
		f.unlock()
		return nil, misusage("-state %s: %s", name, plain(err))
	}
	f.written = data
	return f, nil
}

// unlock lets others use the file.
func (f *stateFile) unlock() { f.lock.Close() } //nolint:errcheck // nothing was written to it

// watch notes every request that may change the state: when it comes and when
// it ends, because a fault can keep it waiting after the change.
func (f *stateFile) watch(handler http.Handler) http.Handler {
	touch := func() {
		select {
		case f.touched <- struct{}{}:
		default:
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		touch()
		defer touch()
		handler.ServeHTTP(w, r)
	})
}

// keep writes the state when it has been quiet for a while, or has not been
// quiet for long, until ctx ends.
func (f *stateFile) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.touched:
		}
		latest := time.Now().Add(mostUnsafe)
		quiet := time.NewTimer(quietTime)
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				quiet.Stop()
				return // it is saved at the end
			case <-f.touched:
				quiet.Reset(max(0, min(quietTime, time.Until(latest))))
			case <-quiet.C:
				waiting = false
			}
		}
		if err := f.save(); err != nil {
			f.logger.Error("the state cannot be saved", "error", err)
		}
	}
}

// save writes the state if it is not what the file holds.
func (f *stateFile) save() error {
	data := layOut(f.mock.Snapshot())
	if bytes.Equal(data, f.written) {
		return nil
	}
	if err := writeFile(f.name, data, 0o600); err != nil {
		return fmt.Errorf("-state %s: %w", f.name, err)
	}
	f.written = data
	return nil
}

// recordDepth is how deep records lie in a snapshot: below the document, the
// APIs, the API and the kind.
const recordDepth = 4

// layOut writes a snapshot with one record a line, so that people can read it
// and tools can compare it.
func layOut(document []byte) []byte {
	var out bytes.Buffer
	depth, inString := 0, false
	newLine := func() {
		out.WriteByte('\n')
		for range depth {
			out.WriteString("  ")
		}
	}
	for i := 0; i < len(document); i++ {
		c := document[i]
		switch {
		case inString:
			out.WriteByte(c)
			switch c {
			case '\\':
				i++
				out.WriteByte(document[i])
			case '"':
				inString = false
			}
		case c == '"':
			inString = true
			out.WriteByte(c)
		case (c == '{' || c == '[') && depth < recordDepth && document[i+1] != c+2: // not an empty one
			out.WriteByte(c)
			depth++
			newLine()
		case c == '{' || c == '[':
			depth++
			out.WriteByte(c)
		case c == '}' || c == ']':
			depth--
			if depth < recordDepth && document[i-1] != c-2 {
				newLine()
			}
			out.WriteByte(c)
		case c == ',' && depth <= recordDepth:
			out.WriteByte(c)
			newLine()
		case c == ':' && depth <= recordDepth:
			out.WriteString(": ")
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('\n')
	return out.Bytes()
}
