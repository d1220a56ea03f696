package orq_test

import (
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

// Hundreds of streams of a hundred pieces each cost at most 64 KiB each while
// they run, next to nothing when they are over, and no goroutine besides the
// one that serves the request.
func TestManyStreamsAtOnce(t *testing.T) {
	const pieces, pace = 100, 20 * time.Millisecond
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		reply := script.Reply{Chunks: slices.Repeat([]string{"a word "}, pieces), Pace: pace}
		m.replies(slices.Repeat([]script.Reply{reply}, manyStreams)...)
		readers := roomtest.NewReaders(manyStreams)
		bytesBefore, goroutines := roomtest.InUse(), runtime.NumGoroutine()
		var group sync.WaitGroup
		for i := range readers {
			group.Go(func() {
				<-time.After(time.Duration(i) * pace / manyStreams) // virtual: no two at the same time
				s := streams[i%len(streams)]
				r := httptest.NewRequest("POST", "/orq"+s.path, strings.NewReader(s.body))
				r.Header.Set("Authorization", "Bearer k")
				r.Header.Set("Content-Type", "application/json")
				m.ServeHTTP(&readers[i], r)
			})
		}
		<-time.After(pieces / 2 * pace) // virtual
		synctest.Wait()
		if more := runtime.NumGoroutine() - goroutines; more != manyStreams {
			t.Errorf("%d goroutines serve %d streams", more, manyStreams)
		}
		if open := m.Count(journal.Match{Outcome: journal.Open}); open != manyStreams {
			t.Errorf("%d streams are open", open)
		}
		if each := (roomtest.InUse() - bytesBefore) / manyStreams; each > 64<<10 {
			t.Errorf("%d bytes per stream", each)
		} else {
			t.Logf("%d bytes per stream", each)
		}
		group.Wait()
		if err := m.Reset("journal"); err != nil {
			t.Fatal(err)
		}
		if each := (roomtest.InUse() - bytesBefore) / manyStreams; each > 8<<10 {
			t.Errorf("%d bytes per stream are left", each)
		} else {
			t.Logf("%d bytes per stream are left", each)
		}
		for i := range readers {
			if text := readers[i].Text.String(); strings.Count(text, "a word ") < pieces || !strings.HasSuffix(text, "data: [DONE]\n\n") {
				t.Fatalf("stream %d is %s", i, text)
			}
		}
	})
}
