package engine

import (
	"context"
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/compare"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// streamLag is how long the mock can be behind the real stream: at its
// beginning, where the ids in the mock's events must be known before the client
// uses the real ones, and at its end.
const streamLag = time.Second

// stream passes a real stream on as it comes, while the mock streams, too.
func (c *comparison) stream(response *http.Response) {
	mock := c.startMock(response)
	c.begin(response)
	http.NewResponseController(c.w).Flush() //nolint:errcheck // as above, also if its length is known
	kept := &beginning{}
	sent := 0
	fromClient, err := mock.events.PassOn(response.Body, func(data []byte) error {
		kept.add(data)
		n, err := limitedWriter{c.w, c.r}.Write(data)
		sent += n
		if err != nil {
			return err
		}
		return http.NewResponseController(c.w).Flush()
	})
	gone := fromClient || c.r.Context().Err() != nil
	mock.catchUp(err == nil)
	if response.Header.Get("Content-Encoding") == "" {
		c.keep(kept.data)
	}
	c.compareStreams(response, mock)
	c.noteReal()
	outcome := journal.Complete
	switch {
	case gone:
		outcome = c.gone()
	case err != nil:
		outcome = journal.Truncated
	}
	c.finish(mock.response, outcome, sent)
	if outcome != journal.Complete {
		panic(http.ErrAbortHandler)
	}
	compare.CopyTrailers(c.w.Header(), response)
}

// beginning keeps the first bytes of a stream.
type beginning struct{ data []byte }

func (b *beginning) add(data []byte) {
	b.data = append(b.data, data[:min(len(data), keptBody-len(b.data))]...)
}

// mockStream is the mock's response while the real API streams.
type mockStream struct {
	events   *compare.Events
	cancel   context.CancelFunc
	done     chan struct{}     // closed when response is there, and its stream is over
	begun    chan struct{}     // closed when what there was at once is in events
	response *emulate.Response // nil: there is none
}

// startMock lets the mock serve the request, too, and waits for what it has at
// once.
func (c *comparison) startMock(response *http.Response) *mockStream {
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.r.Context()))
	m := &mockStream{events: compare.NewEvents(c.session), cancel: cancel, done: make(chan struct{}), begun: make(chan struct{})}
	if compare.IsRefused(response.StatusCode) {
		c.noteBody()
		close(m.done)
		return m
	}
	c.effects.ctx = ctx
	go func() {
		defer close(m.done)
		defer c.endInPanic()
		emulated := c.emulate()
		if c.effects.end != "" {
			return
		}
		m.response = &emulated
		if emulated.Events != nil {
			c.collect(m, emulated.Events, emulated.Alone)
		}
	}()
	lag := time.NewTimer(streamLag)
	defer lag.Stop()
	select {
	case <-m.begun:
	case <-m.done:
	case <-lag.C:
	}
	return m
}

// collect takes the events of the mock as they come.
func (c *comparison) collect(m *mockStream, stream *emulate.Events, alone bool) {
	var frames []emulate.Frame
	begun, ended, events := false, false, 0
	c.alone = alone
	c.look(func(now time.Time) (next time.Time, done bool) {
		frames, next, ended = stream.Next(now)
		return next, ended
	}, func() bool {
		var data []byte
		for _, frame := range frames {
			data = append(data, frame.Data...)
			if !frame.Control {
				events++
			}
		}
		c.noteEvents(data, events)
		m.events.Mock(data)
		if !begun {
			begun = true
			close(m.begun)
		}
		return true
	})
}

// catchUp gives the mock a little more time, and ends it. complete: the real
// stream was; else the mock need not have its end, either.
func (m *mockStream) catchUp(complete bool) {
	lag := time.NewTimer(streamLag)
	defer lag.Stop()
	for waits := true; waits && (complete || !m.events.Caught()); {
		select {
		case <-m.events.Changed():
		case <-m.done:
			waits = false
		case <-lag.C:
			waits = false
		}
	}
	m.cancel()
	<-m.done
}

// compareStreams notes in what the streams differ, or the response of the mock
// that is none.
func (c *comparison) compareStreams(response *http.Response, m *mockStream) {
	status, content := response.StatusCode, response.Header.Get("Content-Type")
	switch {
	case compare.IsRefused(status):
		c.skip(compare.Refused)
	case m.response == nil:
		c.skip(compare.MockSilent)
	case c.cannotKnow(status, m.response.Status):
	case m.response.Events == nil || !compare.HasEvents(response.Header): // nothing but the header can be compared
		c.compareWith(compare.Response{Status: status, ContentType: content},
			compare.Response{Status: m.response.Status, ContentType: m.response.ContentType()})
	case response.Header.Get("Content-Encoding") != "":
		c.skip(compare.EncodedStream)
	default:
		found := c.session.Compare(compare.Response{Status: status, ContentType: content},
			compare.Response{Status: m.response.Status, ContentType: m.response.ContentType()})
		c.record(append(found, m.events.Compare(status)...))
	}
}
