package omniflow

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// usualReply is what an agent replies to a contact when nobody scripted it.
const usualReply = "Hello! I'm a simulated reply."

// activeConversation is a conversation in which something happens by itself:
// an agent replies, or a message waits to be sent.
type activeConversation struct {
	tenant string
	record *storedConversation
}

// listActive lists those conversations, unless they are listed. The list is
// not stored: it is made when the state is used first.
func (s *state) listActive() {
	if s.listed {
		return
	}
	s.listed = true
	for tenant, c := range s.Conversations.All() {
		s.watch(tenant, c)
	}
}

// watch takes a conversation into the list if something happens in it.
func (s *state) watch(tenant string, c *storedConversation) {
	isListed := slices.ContainsFunc(s.active, func(a activeConversation) bool { return a.record == c })
	if c.isActive() && !isListed {
		s.active = append(s.active, activeConversation{tenant, c})
	}
}

func (c *storedConversation) isActive() bool { return len(c.Runs)+len(c.Due) > 0 }

// runs lists the runs that are not over.
func runs(states any) (active []*run.Run) {
	s := states.(*state)
	s.listActive()
	for _, a := range s.active {
		active = append(active, a.record.Runs...)
	}
	return active
}

// advance plays what is due of the replies, and sends what was delayed.
func advance(w emulate.World, states any) (next time.Time) {
	s := states.(*state)
	s.listActive()
	still := s.active[:0]
	for _, a := range s.active {
		due := a.record.advance(w, s, a.tenant)
		if !a.record.isActive() {
			continue
		}
		still = append(still, a)
		next = run.Earlier(next, due)
	}
	clear(s.active[len(still):])
	s.active = still
	return next
}

// advance does what is due in the conversation, and returns when there is
// more.
func (c *storedConversation) advance(w emulate.World, s *state, tenant string) (next time.Time) {
	now := w.Now()
	var ended []*run.Run
	for _, r := range c.Runs {
		next = run.Earlier(next, r.Advance(now, func(step run.Step) {
			if step.Kind == run.End {
				ended = append(ended, r)
			}
		}))
	}
	// The clock may have moved by more than lies between them.
	slices.SortStableFunc(ended, func(a, b *run.Run) int { return a.Due.Compare(b.Due) })
	for _, r := range ended {
		c.say(w, s, tenant, r)
	}
	c.Runs = slices.DeleteFunc(c.Runs, func(r *run.Run) bool { return r.Over })
	for i := range c.Messages {
		m := &c.Messages[i]
		at, waits := c.Due[m.ID]
		switch {
		case !waits:
		case at.After(now):
			next = run.Earlier(next, at)
		default:
			delete(c.Due, m.ID)
			m.Sent, m.UpdatedAt = true, at.Format(timeLayout)
			c.UpdatedAt = max(c.UpdatedAt, m.UpdatedAt)
		}
	}
	return next
}

// say puts what an agent replied into the conversation: sent by itself if the
// flow is on autopilot, else for somebody to decide about. An agent that
// failed without a word, or that is gone like its flow, says nothing.
func (c *storedConversation) say(w emulate.World, s *state, tenant string, r *run.Run) {
	f, text := s.MessageFlows.Get(tenant, c.PathwayID), r.Reply.Whole()
	if f == nil || text == "" || s.Agents.Get(tenant, c.AgentID) == nil {
		return
	}
	now := r.Due.UTC().Format(timeLayout)
	m := message{ID: emulate.HexID(w, "message", 24), Direction: outbound, Message: text, Status: messagePending, CreatedAt: now, UpdatedAt: now}
	if f.Autopilot {
		m.Status = messageApproved
		c.send(&m, r.Due, f.delay())
	}
	c.add(m)
}

// receive takes in a message of a contact, and lets the agent reply.
func receive(w emulate.World, states any, m script.Inbound) (script.Received, error) {
	s := states.(*state)
	s.listActive()
	tenant, c, err := s.addressed(w, m)
	if err != nil {
		return script.Received{}, err
	}
	turn := script.Turn{Agent: c.AgentID, Thread: c.ID, Input: m.Text, History: c.history()}
	now := w.Now().Format(timeLayout)
	received := message{ID: emulate.HexID(w, "message", 24), Direction: inbound, Message: m.Text, Status: messageReceived, CreatedAt: now, UpdatedAt: now}
	c.add(received)
	if f := s.MessageFlows.Get(tenant, c.PathwayID); f != nil && f.IsActive && s.Agents.Get(tenant, c.AgentID) != nil {
		otherwise := script.Reply{Text: usualReply}
		begun := run.Start(w.Now(), turn, w.Reply(turn, otherwise))
		if begun.Reply == nil {
			begun.Otherwise = &otherwise
		}
		c.Runs = append(c.Runs, begun)
	}
	s.watch(tenant, c)
	return script.Received{Conversation: c.ID, Message: received.ID}, nil
}

// history is what was said so far: what was sent, and what was received.
func (c *conversation) history() (said []script.Message) {
	for _, m := range c.Messages {
		switch {
		case m.Direction == inbound:
			said = append(said, script.Message{Role: "user", Text: m.Message})
		case m.Sent:
			said = append(said, script.Message{Role: "agent", Text: m.Message})
		}
	}
	return said
}

// addressed finds the conversation that a message of a contact belongs to, and
// whose it is. A contact may begin one with a flow that is open to it.
func (s *state) addressed(w emulate.World, m script.Inbound) (tenant string, found *storedConversation, err error) {
	for whose, c := range s.Conversations.All() {
		if m.Conversation != "" && m.Conversation != c.ID || m.From != "" && m.From != c.contact() || m.To != "" && m.To != c.PathwayID {
			continue
		}
		if found != nil {
			return "", nil, errors.New("the contact has several conversations; give the id of one, or of a message flow")
		}
		tenant, found = whose, c
	}
	switch {
	case found != nil:
		return tenant, found, nil
	case m.Conversation != "":
		return "", nil, fmt.Errorf("there is no conversation %.80q with this contact and message flow", m.Conversation)
	case m.To == "":
		return "", nil, fmt.Errorf("there is no conversation with %.80q; to begin one, say with which message flow: to", m.From)
	}
	for whose, f := range s.MessageFlows.All() {
		if f.ID != m.To {
			continue
		}
		switch {
		case !f.opens():
			return "", nil, fmt.Errorf("message flow %.80q takes no new conversations: it is not active, or only outbound", m.To)
		case !f.fits(m.From):
			return "", nil, fmt.Errorf("from is %.80q; message flow %.80q is reached over %s", m.From, m.To, f.MessageChannel)
		}
		made := newConversation(w, s, whose, f.WorkspaceID, f, m.From)
		s.Conversations.Add(whose, made.ID, made)
		return whose, made, nil
	}
	return "", nil, fmt.Errorf("there is no message flow %.80q", m.To)
}
