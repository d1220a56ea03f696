package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/examples/fleet/queue"
)

// screen shows progress: as a bar on a terminal, elsewhere as a line now and
// then.
type screen struct {
	out      io.Writer
	terminal bool
	last     queue.Count
	next     time.Time // when to print another line
}

func newScreen(file *os.File) *screen {
	info, err := file.Stat()
	return &screen{out: file, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"}
}

// line prints a line, above the bar if there is one.
func (s *screen) line(text string) {
	if s.terminal {
		text = "\r\x1b[K" + text
	}
	fmt.Fprintln(s.out, text)
}

// progress shows how far the work is.
func (s *screen) progress(count queue.Count) {
	text := fmt.Sprintf("%d of %d agents", count.Done, count.Wanted)
	if count.Doubtful > 0 {
		text += fmt.Sprintf(", %d doubtful", count.Doubtful)
	}
	if count.Failed > 0 {
		text += fmt.Sprintf(", %d failed", count.Failed)
	}
	const width = 40
	switch {
	case s.terminal:
		full := width * (count.Wanted - count.Open()) / max(count.Wanted, 1)
		fmt.Fprintf(s.out, "\r[%s%s] %s\x1b[K", strings.Repeat("#", full), strings.Repeat(".", width-full), text)
	case count != s.last && (count.Open() == 0 || !time.Now().Before(s.next)):
		fmt.Fprintln(s.out, text)
		s.last, s.next = count, time.Now().Add(time.Second)
	}
}

// end leaves the bar as it is, and goes on below it.
func (s *screen) end() {
	if s.terminal {
		fmt.Fprintln(s.out)
	}
}
