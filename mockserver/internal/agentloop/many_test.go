package agentloop_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// Many streams of a hundred events each, of one session and of as many: no
// goroutine besides those of net/http, and bounded memory.
func TestManyStreams(t *testing.T) {
	const events = 100
	for name, c := range map[string]struct{ streams, sessions, most int }{
		"of one session":   {1000, 1, 64 << 10},
		"of many sessions": {200, 200, 128 << 10}, // the log is counted, too
	} {
		if raceEnabled {
			c.streams = 200
		}
		inBubble(t, mockserver.Config{JournalBytes: 1 << 20}, func(t *testing.T, l live) {
			before := heap()
			var group sync.WaitGroup
			var paths []string
			for range c.sessions {
				paths = append(paths, l.session())
			}
			l.script(script.Reply{}) // so that there is a queue
			open := make([]*stream, c.streams)
			for i := range open {
				open[i] = l.stream(paths[i%c.sessions], "?exclude=llm.generation")
				open[i].next()
			}
			reply := script.Reply{Chunks: strings.Split(strings.Repeat("word ", events-9), " "), Pace: 10 * time.Millisecond}
			l.ScriptFunc(mockserver.Agentloop, func(script.Turn) script.Reply { return reply })
			l.do("POST", l.session()+"/messages", textBody("x"), 201) // takes the reply of the queue
			for _, s := range open {
				group.Go(func() {
					n := 1
					for !strings.HasPrefix(s.next(), "event: session.idled\n") {
						n++
					}
					if n < events {
						t.Errorf("%d events", n)
					}
				})
			}
			began := time.Now()
			for _, path := range paths {
				l.say(path, "x")
			}
			synctest.Wait()
			checkGoroutines(t)
			group.Wait()
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s: it took %s of virtual time", name, took)
			}
			perStream := (heap() - before) / c.streams
			if perStream > c.most {
				t.Errorf("%s: %d KiB per stream", name, perStream>>10)
			}
		})
	}
}

// heap is how much memory is in use.
func heap() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// checkGoroutines looks for goroutines of the mock that net/http did not start.
func checkGoroutines(t *testing.T) {
	t.Helper()
	buffer := make([]byte, 64<<20)
	for stack := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
		_, from, _ := strings.Cut(stack, "created by ")
		if strings.Contains(stack, "mockserver/internal/engine") && !strings.HasPrefix(from, "net/http.") {
			t.Errorf("a goroutine of its own:\n%s", stack)
			return
		}
	}
}
