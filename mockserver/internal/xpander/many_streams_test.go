package xpander_test

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// A thousand streams of a hundred events cost at most 64 KiB each, and no
// goroutine besides the one that serves the request. Each has all of its own
// events, at the time at which they are due.
func TestAThousandStreamsAtOnce(t *testing.T) {
	const streams, pieces, pace = manyStreams, 100, 20 * time.Millisecond
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		reply := script.Reply{Chunks: slices.Repeat([]string{"a word "}, pieces), Pace: pace}
		m.replies(slices.Repeat([]script.Reply{reply}, streams)...)
		readers := roomtest.NewReaders(streams)
		bytesBefore, goroutines := roomtest.InUse(), runtime.NumGoroutine()
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
		if each := (roomtest.InUse() - bytesBefore) / streams; each > 64<<10 {
			t.Errorf("%d bytes per stream", each)
		} else {
			t.Logf("%d bytes per stream", each)
		}
		if open := m.Count(journal.Match{Outcome: journal.Open}); open != streams {
			t.Errorf("%d streams are open", open)
		}
		group.Wait()
		for i := range readers {
			all := events(t, readers[i].Text.String())
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
