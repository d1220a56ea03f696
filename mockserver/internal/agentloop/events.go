package agentloop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
)

// The kinds of events that happen here.
const (
	inputMessage     = "input.message"
	sessionActivated = "session.activated"
	sessionIdled     = "session.idled"
	turnStarted      = "turn.started"
	turnCompleted    = "turn.completed"
	turnFailed       = "turn.failed"
	turnCancelled    = "turn.cancelled"
	turnSealed       = "turn.sealed"
	reasonStarted    = "reason.started"
	reasonCompleted  = "reason.completed"
	outputStarted    = "output.message.started"
	outputDelta      = "output.message.delta"
	outputCompleted  = "output.message.completed"
	llmGeneration    = "llm.generation"
	actStarted       = "act.started"
	actCompleted     = "act.completed"
	toolStarted      = "tool.started"
	toolCompleted    = "tool.completed"
)

// eventTypes are the kinds that a query can name.
var eventTypes = []string{
	inputMessage, "session.started", sessionActivated, sessionIdled,
	turnStarted, turnCompleted, turnFailed, turnCancelled, turnSealed,
	reasonStarted, reasonCompleted, "reason.thinking.started", "reason.thinking.delta", "reason.thinking.completed",
	outputStarted, outputDelta, outputCompleted, llmGeneration, actStarted, actCompleted, toolStarted, toolCompleted,
}

// event is one entry of the log of a session.
type event struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	TS        time.Time       `json:"ts"`
	SessionID string          `json:"session_id"`
	Context   eventContext    `json:"context"`
	Data      json.RawMessage `json:"data"`
	Sequence  int             `json:"sequence"`
	Tags      []string        `json:"tags,omitempty"`
}

// eventContext says which turn an event belongs to.
type eventContext struct {
	TurnID         string `json:"turn_id,omitempty"`
	InputMessageID string `json:"input_message_id,omitempty"`
}

// log adds an event to the log of the session.
func (x *session) log(w emulate.World, at time.Time, kind string, context eventContext, data any) *event {
	id := "event_" + emulate.TimeOrderedHex(w, "event")
	if n := len(x.Events); n > 0 && id <= x.Events[n-1].ID {
		id = following(x.Events[n-1].ID)
	}
	x.Events = append(x.Events, event{
		ID: id, Type: kind, TS: timestamp(at), SessionID: x.ID, Context: context,
		Data: jsontext.MustMarshal(data), Sequence: len(x.Events) + 1,
	})
	return &x.Events[len(x.Events)-1]
}

// following is the id right behind another one, so that ids ascend also within
// a millisecond, and when the clock is moved back.
func following(id string) string {
	const digits = 16
	head := max(len(id)-digits, 0)
	tail, err := strconv.ParseUint(id[head:], 16, 64)
	if err != nil || tail+1 == 0 { // written by hand
		return id + "0"
	}
	return fmt.Sprintf("%s%0*x", id[:head], len(id)-head, tail+1)
}

// filter is which events a request wants.
type filter struct {
	since   string
	exclude []string
	types   []string // nil: all
}

// maxTypes is how many kinds a query can name.
const maxTypes = 25

func readFilter(r *emulate.Request) (filter, error) {
	f := filter{since: r.Query.Get("since_id"), exclude: r.Query["exclude"], types: r.Query["types"]}
	if r.Query.Has("since_id") && idProblem("event", f.since) != "" {
		return filter{}, refuseQuery(r, "since_id")
	}
	for name, kinds := range map[string][]string{"exclude": f.exclude, "types": f.types} {
		if len(kinds) > maxTypes {
			r.Guess("event-types")
			return filter{}, refuse(r, http.StatusBadRequest, fmt.Sprintf("Too many %s values: at most %d are allowed", name, maxTypes),
				fmt.Sprintf("query %s: expected at most %d values, got %d", name, maxTypes, len(kinds)))
		}
		for _, kind := range kinds {
			if !slices.Contains(eventTypes, kind) {
				r.Guess("event-types")
				return filter{}, refuse(r, http.StatusBadRequest, "Invalid event type: "+kind, "query "+name+": expected kinds of events, got another word")
			}
		}
	}
	return f, nil
}

func (f *filter) wants(kind string) bool {
	return !slices.Contains(f.exclude, kind) && (f.types == nil || slices.Contains(f.types, kind))
}

// behind is the index of the first event behind an id.
func (x *session) behind(id string) int {
	return sort.Search(len(x.Events), func(i int) bool { return x.Events[i].ID > id })
}

func listEvents(r *emulate.Request, s *state) (emulate.Response, error) {
	x, err := findSession(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	f, err := readFilter(r)
	if err != nil {
		return emulate.Response{}, err
	}
	events := []event{}
	for _, e := range x.Events[x.behind(f.since):] {
		if f.wants(e.Type) {
			events = append(events, e)
		}
	}
	return emulate.JSON(http.StatusOK, list{Data: events}), nil
}

// What a stream keeps to.
const (
	cycle           = 300 * time.Second // then it is closed, and has to be opened again
	shortCycle      = 5 * time.Second
	heartbeat       = 15 * time.Second // of silence
	laterHeartbeat  = 30 * time.Second
	streamsOfOne    = 12 // streams of one session at a time
	shortestRetry   = 100
	longestRetry    = 500
	disconnectingOf = `{"reason":"connection_cycle","retry_ms":100}`
)

// streamEvents responds with the events of a session: those that there are,
// and those that come.
func streamEvents(r *emulate.Request, s *state) (emulate.Response, error) {
	x, err := findSession(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	f, err := readFilter(r)
	if err != nil {
		return emulate.Response{}, err
	}
	if r.Enforced && r.Streams[x.ID] >= streamsOfOne {
		return emulate.Response{}, refuse(r, http.StatusTooManyRequests, "", fmt.Sprintf("streams: expected at most %d of one session, got one more", streamsOfOne))
	}
	tenant := r.Tenant
	c := &cursor{
		events: x, filter: f, at: x.behind(f.since), opened: r.Now(), told: r.Now(), cycle: cycle, heartbeat: heartbeat, comment: ":",
		gone: func() bool { return s.Sessions.Get(tenant, x.ID) != x },
	}
	switch {
	case f.since == "":
	case r.Variant(sinceIgnored):
		c.at = 0
	case r.Variant(sinceInclusive) && c.at > 0 && x.Events[c.at-1].ID == f.since:
		c.at--
	}
	if r.Variant(shortCycles) {
		c.cycle = shortCycle
	}
	if r.Variant(laterHeartbeats) {
		c.heartbeat, c.comment = laterHeartbeat, ": heartbeat"
	}
	c.once = r.Variant(disconnecting)
	c.crlf, c.lines = r.Variant(crlf), r.Variant(multiline)
	response := emulate.Response{
		Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-cache"}},
		Events: &emulate.Events{Next: c.next},
		Stream: x.ID,
		Alone:  true,
	}
	if r.Variant(lateHeader) {
		return emulate.Response{Stream: x.ID, Alone: true, Wait: func(time.Time) (emulate.Response, time.Time, bool) {
			return response, x.due, c.gone() || c.at < len(x.Events)
		}}, nil
	}
	return response, nil
}

// cursor is a place in the log of a session, and what its stream has told.
type cursor struct {
	events    *session
	filter    filter
	at        int
	gone      func() bool // the session was deleted
	opened    time.Time
	told      time.Time // when something was sent the last time
	greeted   bool
	retry     int // what the last event said
	cycle     time.Duration
	heartbeat time.Duration
	comment   string
	once      bool // it says that it closes behind the first events
	crlf      bool // lines end so
	lines     bool // data has several
}

// next returns the frames that are to be sent now.
func (c *cursor) next(now time.Time) (frames []emulate.Frame, next time.Time, done bool) {
	if c.gone() {
		return nil, time.Time{}, true
	}
	if !c.greeted {
		c.greeted = true
		frames = append(frames, c.control("event: connected\ndata: {\"status\":\"connected\"}"))
	}
	greetings, silent := len(frames), now.Sub(c.told)
	for ; c.at < len(c.events.Events); c.at++ {
		if e := &c.events.Events[c.at]; c.filter.wants(e.Type) {
			frames = append(frames, c.frame(e, silent))
			silent = 0
		}
	}
	if now.Sub(c.opened) >= c.cycle || c.once && len(frames) > greetings {
		return append(frames, c.control("event: disconnecting\ndata: "+disconnectingOf)), time.Time{}, true
	}
	if len(frames) == 0 && now.Sub(c.told) >= c.heartbeat {
		frames = append(frames, c.control(c.comment))
	}
	if len(frames) > 0 {
		c.told = now
	}
	return frames, run.Earlier(run.Earlier(c.opened.Add(c.cycle), c.told.Add(c.heartbeat)), c.events.due), false
}

// frame is an event as it stands in the stream. It says how long to wait
// before the stream is opened again, when that has changed: the server looks
// for events less often when there are none.
func (c *cursor) frame(e *event, silent time.Duration) emulate.Frame {
	var out bytes.Buffer
	fmt.Fprintf(&out, "event: %s\nid: %s\n", oneLine(e.Type), oneLine(e.ID))
	retry := shortestRetry
	for waited := shortestRetry * time.Millisecond; silent >= waited && retry < longestRetry; waited += time.Duration(retry) * time.Millisecond {
		retry = min(2*retry, longestRetry)
	}
	if retry != c.retry {
		c.retry = retry
		fmt.Fprintf(&out, "retry: %d\n", retry)
	}
	data := jsontext.MustMarshal(e)
	if c.lines {
		var indented bytes.Buffer
		json.Indent(&indented, data, "data: ", " ") //nolint:errcheck // it was just written
		data = indented.Bytes()
	}
	fmt.Fprintf(&out, "data: %s", data)
	frame := c.control(out.String())
	frame.Control = false
	frame.Last = e.Type == sessionIdled || strings.HasPrefix(e.Type, "turn.") && e.Type != turnStarted
	return frame
}

// control is a frame that is no event of the log.
func (c *cursor) control(lines string) emulate.Frame {
	lines += "\n\n"
	if c.crlf {
		lines = strings.ReplaceAll(lines, "\n", "\r\n")
	}
	return emulate.Frame{Data: []byte(lines), Control: true}
}

// oneLine takes out of a text what would end the line of a stream. Seeds that
// are written by hand may have anything.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\r' || c == '\n' || c == 0 {
			return -1
		}
		return c
	}, text)
}
