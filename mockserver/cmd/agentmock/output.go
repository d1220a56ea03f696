package main

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

// outputBytes is how much can wait to be written on standard error.
const outputBytes = 1 << 20

// output writes without ever making its caller wait: a goroutine writes what
// was given to it as fast as the other side reads. What would be more than
// outputBytes then is lost, and counted. What cannot be written is dropped.
type output struct {
	to     io.Writer
	tell   func(lost int) // says how many writes were lost; nil: nobody is told
	notice chan struct{}  // has an element when there is something to do
	done   chan struct{}  // closed when all is written

	mu      sync.Mutex // guards what follows
	pending []byte
	lost    int
	ended   bool
}

func newOutput(to io.Writer) *output {
	o := &output{to: to, notice: make(chan struct{}, 1), done: make(chan struct{})}
	go o.work()
	return o
}

// Write takes data over, or loses it. It never fails.
func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wake()
	if len(o.pending)+len(data) > outputBytes || o.lost > 0 { // what was lost is told where it is missing
		o.lost++
		return len(data), nil
	}
	o.pending = append(o.pending, data...)
	return len(data), nil
}

func (o *output) wake() {
	select {
	case o.notice <- struct{}{}:
	default:
	}
}

// work writes what is pending until flush was called.
func (o *output) work() {
	defer close(o.done)
	var spare []byte
	for range o.notice {
		o.mu.Lock()
		data, lost, ended, tell := o.pending, o.lost, o.ended, o.tell
		o.pending, o.lost = spare[:0], 0
		o.mu.Unlock()
		o.to.Write(data) //nolint:errcheck // there is nobody left to tell
		if lost > 0 && tell != nil {
			tell(lost)
		}
		if ended {
			return
		}
		spare = data
	}
}

// tellWith makes a log of its own say how much of the other was lost.
func (o *output) tellWith(logger *slog.Logger) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell = func(lost int) {
		logger.Warn("lines of the log are missing here: nobody read them in time", "lines", lost)
	}
}

// flush waits until all is written, at most for a time. Nothing must be
// written to it any more.
func (o *output) flush(most time.Duration) {
	o.mu.Lock()
	o.ended = true
	o.wake()
	o.mu.Unlock()
	waitAtMost(most, o.done)
}
