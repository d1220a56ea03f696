package main

import (
	"bytes"
	"context"
	"encoding/json"
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
	name     string // as it was given
	path     string // where links lead
	lock     *os.File
	snapshot func() json.RawMessage
	logger   *slog.Logger
	touched  chan struct{} // has one element when the state may have changed
	written  []byte        // what the file holds
}

// openStateFile locks the file and loads it. It refuses a file that cannot be
// written, and one that cannot be read as a whole: an empty start would
// overwrite it.
func openStateFile(name string, mock *mockserver.Server, logger *slog.Logger) (*stateFile, error) {
	path, isNew, err := prepareFile(name)
	if err != nil {
		return nil, misusage("-state: %w", err)
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, fmt.Errorf("-state %s: %w", name, err)
	}
	f := &stateFile{name: name, path: path, lock: lock, snapshot: mock.Snapshot, logger: logger, touched: make(chan struct{}, 1)}
	if isNew {
		err = f.save() // now is better than after an hour of work
	} else {
		err = f.load(mock)
	}
	if err != nil {
		f.unlock()
		if isNew {
			os.Remove(path) //nolint:errcheck // the first error counts
		}
		return nil, err
	}
	return f, nil
}

// prepareFile finds the file of a name, makes it if there is none, and checks
// that it can be read and written.
func prepareFile(name string) (path string, isNew bool, err error) {
	if path, err = resolve(name); err != nil {
		return "", false, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		isNew = true
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return "", false, err
	}
	return path, isNew, file.Close()
}

// load puts what the file has into the mock.
func (f *stateFile) load(mock *mockserver.Server) error {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return misusage("-state: %w", err)
	}
	document, err := utf8Text(data)
	if err == nil {
		err = mock.Restore(notEmpty(document))
	}
	if err != nil {
		return misusage("-state %s: %s", f.name, plain(err))
	}
	f.written = data
	return nil
}

// unlock lets others use the file.
func (f *stateFile) unlock() { f.lock.Close() } //nolint:errcheck // nothing was written to it

// touch notes that the state may have changed.
func (f *stateFile) touch() {
	select {
	case f.touched <- struct{}{}:
	default:
	}
}

// watch notes every request that may change the state: when it comes and when
// it ends, because a fault can keep it waiting after the change.
func (f *stateFile) watch(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.touch()
		defer f.touch()
		handler.ServeHTTP(w, r)
	})
}

// keep writes the state when it has been quiet for a while, or has not been
// quiet for long, until ctx ends. What could not be written is tried again.
func (f *stateFile) keep(ctx context.Context) {
	reported := false
	for f.isQuiet(ctx) {
		err := f.save()
		if err == nil {
			reported = false
			continue
		}
		if !reported { // once is enough until it can
			f.logger.Error("the state cannot be saved", "error", err)
			reported = true
		}
		select {
		case <-ctx.Done():
		case <-time.After(mostUnsafe):
			f.touch()
		}
	}
}

// isQuiet waits until the state was changed and should be written. It reports
// false when ctx ends.
func (f *stateFile) isQuiet(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-f.touched:
	}
	latest := time.Now().Add(mostUnsafe)
	quiet := time.NewTimer(quietTime)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return false // it is saved at the end
		case <-f.touched:
			quiet.Reset(max(0, min(quietTime, time.Until(latest))))
		case <-quiet.C:
			return true
		}
	}
}

// save writes the state if it is not what the file holds.
func (f *stateFile) save() (err error) {
	defer func() {
		if p := recover(); p != nil { // what serves goes on, and what was saved stays
			err = fmt.Errorf("-state %s: panic: %v", f.name, p)
		}
	}()
	data := layOut(f.snapshot())
	if bytes.Equal(data, f.written) {
		return nil
	}
	var next *os.File
	replaced, err := place(f.path, data, 0o600, func(temporary string) (err error) {
		next, err = lockReplacement(temporary)
		return err
	})
	switch {
	case next == nil:
	case replaced:
		f.unlock()
		f.lock = next
	default:
		next.Close() //nolint:errcheck // nothing was written to it
	}
	if err != nil {
		return fmt.Errorf("-state %s: %w", f.name, err)
	}
	f.written = data
	f.logger.Debug("the state was saved", "file", f.name)
	return nil
}
