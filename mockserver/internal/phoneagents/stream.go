package phoneagents

import (
	"net/http"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
)

// heartbeat is how often a stream says that it lives.
const heartbeat = 30 * time.Second

const (
	greeting  = ": SSE connection established\n\nevent: connected\ndata: {\"status\":\"connected\"}\n\n"
	lifeSign  = ": heartbeat\n\n"
	typingNow = "event: typing\ndata: {\"isTyping\":true}\n\n"
)

// push is what a stream is told at once, if there is one. It is not kept for
// later ones.
type push = emulate.Frame

// typing is told when an agent begins to work.
var typing = push{Data: []byte(typingNow)}

// pushedMessage is a message of the agent in a stream. Its id is another one
// than that of the message that is stored.
type pushedMessage struct {
	MessageID      string `json:"message_id"`
	MessageText    string `json:"message_text"`
	Sender         string `json:"sender"`
	Timestamp      string `json:"timestamp"`
	ConversationID string `json:"conversation_id"`
}

// push tells streams what the agent says.
func (c *conversation) push(w emulate.World, text string, at time.Time) {
	if text == "" {
		return
	}
	data := jsontext.MustMarshal(pushedMessage{timedID(w, "out", "-"), text, senderAgent, at.UTC().Format(codeTime), c.ID})
	c.pushes = append(c.pushes, push{Data: append(append([]byte("data: "), data...), "\n\n"...), Last: true})
}

// streamWebchat responds with what an agent says to a visitor from now on. The
// server knows one connection of each session: an older one is ended.
func streamWebchat(r *emulate.Request, s *state) (emulate.Response, error) {
	session := r.Query.Get("session_id")
	if session == "" {
		return emulate.Response{}, refuse(r, http.StatusBadRequest, "Missing required parameters", "webchat_id and session_id are required",
			"query session_id: expected a session, got nothing")
	}
	at, err := channelWithAgent(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	key := visitor{at.tenant, at.number.ID, session}
	name := strings.Join([]string{key.tenant, key.number, key.customer}, "\x00")
	x := s.indexed()
	r.Remember(func() { x.streams[key]++ })
	c := &cursor{state: s, visitor: key, turn: x.streams[key], conversation: x.open[key], told: r.Now()}
	if c.conversation != nil {
		c.at = len(c.conversation.pushes)
	}
	response := emulate.Response{
		Status: http.StatusOK,
		Header: http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-cache"}, "X-Accel-Buffering": {"no"}},
		Events: &emulate.Events{Next: c.next},
		Stream: name,
		Alone:  true,
	}
	replaces, late := r.Streams[name] > 0, r.Variant(lateHeader)
	if replaces {
		r.Commit(func() {}) // it ends the older one, which has to look for itself
	}
	if !replaces && !late {
		return response, nil
	}
	return emulate.Response{Stream: name, Alone: !replaces, Wait: func(time.Time) (emulate.Response, time.Time, bool) {
		return response, c.due(), !late || c.isOver() || c.hasNews()
	}}, nil
}

// cursor is a place in what is pushed to a visitor.
type cursor struct {
	state        *state
	visitor      visitor
	turn         int           // it is over when there is a later one
	conversation *conversation // nil: there was none yet
	at           int           // in the pushes of it
	greeted      bool
	told         time.Time // when the last heartbeat was due
}

func (c *cursor) isOver() bool { return c.state.index.streams[c.visitor] != c.turn }

// present is the conversation that the visitor has now, else the last one.
func (c *cursor) present() *conversation {
	if open := c.state.indexed().open[c.visitor]; open != nil {
		return open
	}
	return c.conversation
}

func (c *cursor) hasNews() bool {
	present := c.present()
	return present != nil && (present != c.conversation && len(present.pushes) > 0 || present == c.conversation && c.at < len(present.pushes))
}

// due is when there is more without anything else happening.
func (c *cursor) due() time.Time {
	if present := c.present(); present != nil {
		return present.due
	}
	return time.Time{}
}

// next returns the frames that are to be sent now.
func (c *cursor) next(now time.Time) (frames []emulate.Frame, next time.Time, done bool) {
	if c.isOver() {
		return nil, time.Time{}, true
	}
	if !c.greeted {
		c.greeted = true
		frames = append(frames, emulate.Frame{Data: []byte(greeting), Control: true})
	}
	if c.conversation != nil {
		frames = append(frames, c.conversation.pushes[c.at:]...)
		c.at = len(c.conversation.pushes)
	}
	if present := c.present(); present != c.conversation {
		frames = append(frames, present.pushes...)
		c.conversation, c.at = present, len(present.pushes)
	}
	if now.Sub(c.told) >= heartbeat {
		frames = append(frames, emulate.Frame{Data: []byte(lifeSign), Control: true})
		c.told = c.told.Add(now.Sub(c.told).Truncate(heartbeat))
	}
	return frames, run.Earlier(c.told.Add(heartbeat), c.due()), false
}
