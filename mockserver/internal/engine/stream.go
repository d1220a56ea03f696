package engine

import (
	"bytes"
	"net/http"
	"slices"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// look asks an API what is new, with the lock held, until it is done or a wait
// ends. handle does something with what is new, without the lock.
func (x *exchange) look(ask func(now time.Time) (next time.Time, done bool), handle func() bool) (end journal.Outcome) {
	w := x.world
	var begun int
	w.locked(func() { begun = w.generation })
	for {
		w.decideReplies(x.api)
		var over <-chan time.Time
		var timer *time.Timer
		var ticks <-chan struct{}
		done, gone := false, false
		w.locked(func() {
			if gone = w.dropped != "" || w.generation != begun; gone {
				return
			}
			due := w.advance(x.api)
			var next time.Time
			next, done = ask(w.now())
			if !x.alone {
				next = run.Earlier(next, due)
			}
			ticks = w.ticks()
			if !next.IsZero() && !w.clock.stopped { // a clock that stands is moved by hand
				timer = time.NewTimer(next.Sub(w.now()))
				over = timer.C
			}
		})
		if gone {
			return journal.Cancelled
		}
		if !handle() || done {
			if timer != nil {
				timer.Stop()
			}
			return ""
		}
		end := x.until(over, ticks)
		if timer != nil {
			timer.Stop()
		}
		if end != "" {
			return end
		}
	}
}

// until waits for a moment, a tick, or an end, which it returns.
func (x *exchange) until(over <-chan time.Time, ticks <-chan struct{}) journal.Outcome {
	select {
	case <-over:
		return ""
	case <-ticks:
		return ""
	case <-x.stop:
		return journal.Cancelled
	case <-x.world.engine.closed:
		return journal.Cancelled
	case <-x.effects.ctx.Done():
		return x.gone()
	}
}

// count counts the requests that stream one thing of an API.
func (w *World) count(api, stream string, change int) {
	if w.streams == nil {
		w.streams = make(map[string]map[string]int)
	}
	if w.streams[api] == nil {
		w.streams[api] = make(map[string]int)
	}
	if w.streams[api][stream] += change; w.streams[api][stream] == 0 {
		delete(w.streams[api], stream)
	}
}

// await waits for a response that takes its time. If the wait ends before,
// the effects have the end.
func (x *exchange) await(response emulate.Response) emulate.Response {
	if response.Wait == nil {
		return response
	}
	wait := response.Wait
	if x.alone = response.Alone; x.Committed() && !x.alone {
		x.world.locked(x.world.tick) // others need not wait, too
	}
	end := x.look(func(now time.Time) (next time.Time, done bool) {
		response, next, done = wait(now)
		return next, done
	}, func() bool { return true })
	if end != "" {
		x.effects.end = end
	}
	return response
}

// writeTimeout is how long a client that does not read holds up a stream.
const writeTimeout = 30 * time.Second

// sendEvents writes a response that is a stream of events: the header first,
// then whatever there is, until the stream or something else ends.
func (x *exchange) sendEvents(w http.ResponseWriter, response emulate.Response) {
	s := &eventSender{x: x, w: w, controller: http.NewResponseController(w), response: &response, plan: x.effects.stream}
	w.WriteHeader(response.Status)
	s.controller.Flush() //nolint:errcheck // a writer that cannot has nothing to flush
	var frames []emulate.Frame
	ended := false
	x.alone = response.Alone
	end := x.look(func(now time.Time) (next time.Time, done bool) {
		frames, next, ended = response.Events.Next(now)
		return next, ended
	}, func() bool { return s.send(frames, ended) })
	switch {
	case s.end != "":
		end = s.end
	case end == "":
		x.finish(&response, journal.Complete, s.sent)
		return
	}
	x.finish(&response, end, s.sent)
	panic(http.ErrAbortHandler)
}

// eventSender writes the frames of one stream, as the faults want it.
type eventSender struct {
	x          *exchange
	w          http.ResponseWriter
	controller *http.ResponseController
	response   *emulate.Response
	plan       fault.StreamFault
	events     int // that were sent, control frames not counted
	sent       int // bytes
	end        journal.Outcome
}

// send writes frames in one piece. It returns false if the stream ends here.
func (s *eventSender) send(frames []emulate.Frame, last bool) bool {
	var out bytes.Buffer
	for _, frame := range frames {
		if frame.Control {
			out.Write(frame.Data)
			continue
		}
		if s.plan.NoLast && frame.Last {
			continue
		}
		if s.plan.CutAfter != nil && s.events >= *s.plan.CutAfter {
			s.end = journal.Truncated
			break
		}
		out.Write(frame.Data)
		s.events++
		if s.plan.Repeat != nil && s.events == *s.plan.Repeat {
			out.Write(frame.Data)
		}
		if s.plan.PauseAfter != nil && s.events == *s.plan.PauseAfter {
			if !s.write(out.Bytes()) {
				return false
			}
			out.Reset()
			if s.end = s.x.wait(s.x.effects.ctx, s.plan.Pause); s.end != "" {
				return false
			}
		}
	}
	data := out.Bytes()
	if s.plan.CutAfter != nil && s.events >= *s.plan.CutAfter {
		s.end = journal.Truncated
	}
	if last && s.end == "" && len(data) > 0 {
		// As for other responses: who has the last byte finds the end in the journal.
		before := len(data) - 1
		s.x.noteEvents(data, s.events)
		if !s.push(data[:before]) {
			return false
		}
		s.x.finish(s.response, journal.Complete, s.sent+1)
		s.push(data[before:])
		return s.end == ""
	}
	return s.write(data) && s.end == ""
}

// write writes bytes, and notes them in the journal.
func (s *eventSender) write(data []byte) bool {
	if len(data) == 0 {
		return true
	}
	s.x.noteEvents(data, s.events)
	return s.push(data)
}

// push writes bytes.
func (s *eventSender) push(data []byte) bool {
	chunk := max(1, len(data))
	if s.plan.Split > 0 {
		chunk = s.plan.Split
	}
	for piece := range slices.Chunk(data, chunk) {
		s.controller.SetWriteDeadline(time.Now().Add(writeTimeout)) //nolint:errcheck // a writer that cannot has no deadline
		n, err := s.w.Write(piece)
		s.sent += n
		if err == nil {
			err = s.controller.Flush()
		}
		if err != nil {
			s.end = s.x.gone()
			return false
		}
	}
	s.controller.SetWriteDeadline(time.Time{}) //nolint:errcheck // as above
	return true
}

// writeOverhead is about what a write costs in the journal besides its text.
const writeOverhead = 32

// noteEvents puts what is sent into the journal, as it goes.
func (x *exchange) noteEvents(data []byte, events int) {
	w, e := x.world, x.entry
	w.locked(func() {
		e.events = events
		e.responseSize += len(data)
		if !e.gone {
			room := data[:min(len(data), max(0, keptBody-len(e.response)))]
			e.response = append(e.response, room...)
			if len(room) > 0 {
				e.writes = append(e.writes, journal.Write{At: w.now(), Size: len(room)})
				w.journal.grow(e, len(room)+writeOverhead, w.engine.config.JournalBytes)
			}
		}
		w.notify()
	})
}
