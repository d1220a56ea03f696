package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// gate lets a writer through when it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *gate) Write(data []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(data)
}

// A log that nobody reads makes nobody wait and takes no more than its memory.
// When somebody reads it again it says how much is missing, where it is.
func TestLogThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := &gate{open: make(chan struct{})}
		o := newOutput(reader)
		o.tellWith(slog.New(slog.NewTextHandler(reader, nil)))
		line := []byte(strings.Repeat("x", 1023) + "\n")
		fmt.Fprintln(o, "first")
		synctest.Wait() // it is being written, and stays so
		const lines = 3 * outputBytes / 1024
		for range lines {
			if n, err := o.Write(line); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
		}
		o.mu.Lock()
		held := len(o.pending)
		o.mu.Unlock()
		if held > outputBytes {
			t.Errorf("%d bytes are held, %d are allowed", held, outputBytes)
		}
		close(reader.open)
		synctest.Wait()
		fmt.Fprintln(o, "last")
		o.flush(time.Second)
		text := reader.text.String()
		kept := strings.Count(text, "xxx\n")
		_, after, told := strings.Cut(text, fmt.Sprintf("lines=%d\n", lines-kept))
		if kept != outputBytes/1024 || !told || !strings.HasPrefix(text, "first\n") || after != "last\n" {
			t.Errorf("%d of %d lines were kept, and the end is %.200s", kept, lines, text[strings.LastIndex(text, "xxx\n")+4:])
		}
	})
}

// One write that is longer than what can be held is lost, and told.
func TestLineThatIsTooLong(t *testing.T) {
	var text bytes.Buffer
	o := newOutput(&text)
	o.tellWith(slog.New(slog.NewTextHandler(&text, nil)))
	o.Write(make([]byte, outputBytes+1))
	o.flush(patience)
	if !strings.Contains(text.String(), "lines=1\n") {
		t.Errorf("it says %q", &text)
	}
}

// The end of the program does not wait forever for a log that nobody reads.
func TestFlushEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := &gate{open: make(chan struct{})}
		o := newOutput(reader)
		fmt.Fprintln(o, "x")
		began := time.Now()
		o.flush(graceTime)
		if took := time.Since(began); took != graceTime {
			t.Errorf("it took %s", took)
		}
		close(reader.open)
	})
}

// What cannot be written is dropped, and what comes after it is tried.
func TestLogWithoutReader(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	o := newOutput(w)
	for range 10 {
		fmt.Fprintln(o, "x")
	}
	o.flush(patience)
	select {
	case <-o.done:
	default:
		t.Error("it waits for a reader that is gone")
	}
}
