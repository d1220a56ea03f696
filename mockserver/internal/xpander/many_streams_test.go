package xpander_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// reader is the end of a stream without a connection.
type reader struct {
	header http.Header
	text   bytes.Buffer
}

func (r *reader) Header() http.Header              { return r.header }
func (r *reader) WriteHeader(int)                  {}
func (r *reader) Write(data []byte) (int, error)   { return r.text.Write(data) }
func (r *reader) Flush()                           {}
func (r *reader) SetWriteDeadline(time.Time) error { return nil }

// A thousand streams of a hundred events cost at most 64 KiB each, and no
// goroutine besides the one that serves the request. Each has all of its own
// events, at the time at which they are due.
func TestAThousandStreamsAtOnce(t *testing.T) {
	const streams, pieces, pace = manyStreams, 100, 20 * time.Millisecond
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		reply := script.Reply{Chunks: slices.Repeat([]string{"a word "}, pieces), Pace: pace}
		m.replies(slices.Repeat([]script.Reply{reply}, streams)...)
		readers := make([]reader, streams)
		for i := range readers {
			readers[i].header = http.Header{}
			readers[i].text.Grow(64 << 10) // so that what is measured is the server's
		}
		bytesBefore, goroutines := inUse(), runtime.NumGoroutine()
		var group sync.WaitGroup
		for i := range readers {
			group.Go(func() {
				<-time.After(time.Duration(i) * pace / streams) // virtual: no two at the same time
				r := httptest.NewRequest("POST", "/xpander"+m.agent+"/invoke/stream", strings.NewReader(asks(fmt.Sprint(i), "hi")))
				r.Header.Set("X-Api-Key", "k")
				r.Header.Set("Content-Type", "application/json")
				m.ServeHTTP(&readers[i], r)
			})
		}
		<-time.After(pieces / 2 * pace) // virtual
		synctest.Wait()
		if more := runtime.NumGoroutine() - goroutines; more != streams {
			t.Errorf("%d goroutines serve %d streams", more, streams)
		}
		if each := (inUse() - bytesBefore) / streams; each > 64<<10 {
			t.Errorf("%d bytes per stream", each)
		} else {
			t.Logf("%d bytes per stream", each)
		}
		if open := m.Count(journal.Match{Outcome: journal.Open}); open != streams {
			t.Errorf("%d streams are open", open)
		}
		group.Wait()
		for i := range readers {
			all := events(t, readers[i].text.String())
			if len(all) != pieces+3 {
				t.Fatalf("stream %d has %d events", i, len(all))
			}
			first, last := after(t, &all[2].Time), after(t, &all[len(all)-1].Time)
			if last-first != (pieces-1)*pace || all[0].TaskID != fmt.Sprint(i) {
				t.Errorf("stream %d took %s", i, last-first)
			}
		}
	})
}

// inUse is what the process holds, stacks included.
func inUse() int {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int(memory.HeapAlloc + memory.StackInuse)
}
