package phoneagents

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

const usualReply = "Hello! I'm a simulated reply."

// The codes of a reply that does not come to a good end. Any other one is an
// error of which the person hears nothing, and which leaves nothing behind.
const (
	codeFailed = "failed" // the agent had an answer, and the platform refused to deliver it
	codeBusy   = "busy"   // the person is told to wait, and nothing is stored
)

// historyLag is how long after a reply was pushed it is stored, with the
// variant lateHistory.
const historyLag = time.Second

// turn is what an agent does about a message.
type turn struct {
	MessageID string    `json:"message_id"`
	Run       *run.Run  `json:"run"`
	Number    int       `json:"number,omitempty"` // of the message; the next one is the answer's. 0: nobody has taken it
	Reply     *message  `json:"reply,omitempty"`  // that is still to be stored
	StoreAt   time.Time `json:"store_at,omitzero"`
}

// visitor is a person who writes to a phone number.
type visitor struct{ tenant, number, customer string }

// busy is a conversation that has a turn, and whose it is.
type busy struct {
	tenant string
	*conversation
}

// index has what would have to be looked for in all conversations.
type index struct {
	built   bool                      // else it has to be looked for: the state was just read
	open    map[visitor]*conversation // the active ones
	running []busy                    // those that have a turn
	streams map[visitor]int           // how often a stream was opened
}

func (s *state) indexed() *index {
	x := &s.index
	if !x.built {
		*x = index{built: true, open: make(map[visitor]*conversation), streams: make(map[visitor]int)}
		for tenant, c := range s.Conversations.All() {
			if c.IsActive {
				x.open[visitor{tenant, c.PhoneNumberID, c.CustomerPhone}] = c
			}
			if len(c.Turns) > 0 {
				x.running = append(x.running, busy{tenant, c})
			}
		}
	}
	return x
}

// archive ends a conversation. What was said stays.
func (s *state) archive(tenant string, c *conversation) {
	key := visitor{tenant, c.PhoneNumberID, c.CustomerPhone}
	if x := s.indexed(); x.open[key] == c {
		delete(x.open, key)
	}
	for _, t := range c.Turns {
		t.Run.Stop()
	}
	c.IsActive, c.Turns, c.due = false, nil, time.Time{}
}

// openConversation returns the active conversation of a person, nil if there is
// none.
func (s *state) openConversation(key visitor, now time.Time) *conversation {
	if c := s.indexed().open[key]; c != nil && c.isOpen(now) {
		return c
	}
	return nil
}

// inbound is a message of a person that an agent gets.
type inbound struct {
	tenant       string
	agent        *agent
	number       *phoneNumber
	conversation *conversation
	isNew        bool
	customer     string
	messageID    string
	text         string
}

// newInbound returns what a message will be, without any change.
func newInbound(w emulate.World, s *state, tenant string, a *agent, n *phoneNumber, customer, text string) inbound {
	m := inbound{
		tenant: tenant, agent: a, number: n, customer: customer, text: text,
		conversation: s.openConversation(visitor{tenant, n.ID, customer}, w.Now()),
		messageID:    timedID(w, "msg", "_"),
	}
	if m.isNew = m.conversation == nil; m.isNew {
		m.conversation = &conversation{
			ID:     s.Conversations.FreeID(tenant, func() string { return timedID(w, "conv", "_") }),
			UserID: cmp.Or(a.UserID, n.UserID), AgentID: a.ID, AgentName: a.Name, PromptID: a.PromptID,
			PhoneNumberID: n.ID, Platform: n.Platform, DisplayName: n.DisplayName, CustomerPhone: customer,
			CreatedAt: w.Now(), LastMessageAt: w.Now(), IsActive: true,
		}
	}
	return m
}

// accept lets the agent have the message. It is to be called once, within a
// commit.
func (m inbound) accept(w emulate.World, s *state) {
	x, c, key := s.indexed(), m.conversation, visitor{m.tenant, m.number.ID, m.customer}
	if m.isNew {
		if idle := x.open[key]; idle != nil {
			s.archive(m.tenant, idle)
		}
		s.Conversations.Add(m.tenant, c.ID, c)
		x.open[key] = c
	}
	c.LastMessageAt = w.Now()
	asked := script.Turn{Agent: m.agent.ID, Thread: c.ID, Input: m.text, History: c.history()}
	otherwise := script.Reply{Text: usualReply}
	t := &turn{MessageID: m.messageID, Run: run.Start(w.Now(), asked, w.Reply(asked, otherwise))}
	if t.Run.Reply == nil {
		t.Run.Otherwise = &otherwise
	}
	c.Turns = append(c.Turns, t)
	if len(c.Turns) == 1 {
		x.running = append(x.running, busy{m.tenant, c})
	}
}

// history is what was said, and what was sent though nobody has taken it yet.
func (c *conversation) history() (history []script.Message) {
	for _, m := range c.Messages {
		history = append(history, script.Message{Role: m.Sender, Text: m.Text})
	}
	for _, t := range c.Turns {
		if t.Number == 0 {
			history = append(history, script.Message{Role: senderUser, Text: t.Run.Turn.Input})
		}
	}
	return history
}

// runs lists the runs that are not over.
func runs(st any) (active []*run.Run) {
	for _, c := range st.(*state).indexed().running {
		for _, t := range c.Turns {
			if !t.Run.Over {
				active = append(active, t.Run)
			}
		}
	}
	return active
}

// advance does what is due of the turns of all conversations.
func advance(w emulate.World, st any) (next time.Time) {
	x, now := st.(*state).indexed(), w.Now()
	still := x.running[:0]
	for _, c := range x.running {
		if len(c.Turns) > 0 && (c.due.IsZero() || !c.Turns[0].waits(now)) {
			c.advance(w)
		}
		if len(c.Turns) > 0 {
			still = append(still, c)
			next = run.Earlier(next, c.due)
		}
	}
	clear(x.running[len(still):])
	x.running = still
	return next
}

// waits reports whether nothing of the turn is due.
func (t *turn) waits(now time.Time) bool {
	switch {
	case t.Number == 0:
		return false
	case t.Reply != nil:
		return t.StoreAt.After(now)
	}
	return t.Run.Waits(now)
}

// advance does what is due of the turn, and of those behind it.
func (c *conversation) advance(w emulate.World) {
	for len(c.Turns) > 0 {
		t, now := c.Turns[0], w.Now()
		if t.Number == 0 {
			c.take(t)
		}
		if c.due = t.Run.Advance(now, func(step run.Step) { c.play(w, t, step) }); !t.Run.Over {
			return
		}
		ended := t.Run.Due
		if t.Reply != nil {
			if t.StoreAt.After(now) {
				c.due = t.StoreAt
				return
			}
			ended = t.StoreAt
			c.store(*t.Reply)
		}
		c.Turns, c.due = c.Turns[1:], time.Time{}
		if len(c.Turns) > 0 { // the next one begins only now
			behind := c.Turns[0].Run
			if wait := ended.Sub(behind.Begun); wait > 0 {
				behind.Begun, behind.Due = run.Later(behind.Begun, wait), run.Later(behind.Due, wait)
			}
		}
	}
}

// take begins the work on a message: it is stored, and its answer has the
// number behind its own.
func (c *conversation) take(t *turn) {
	t.Number = c.Numbers + 1
	c.Numbers += 2
	c.store(message{
		ID: t.MessageID, Sender: senderUser, Text: t.Run.Turn.Input, Timestamp: t.Run.Begun, Status: statusSent, SequenceNo: t.Number,
	})
	c.pushes = append(c.pushes, typing)
}

// store puts a message into the history.
func (c *conversation) store(m message) {
	c.Messages = append(c.Messages, m)
	if m.Timestamp.After(c.LastMessageAt) {
		c.LastMessageAt = m.Timestamp
	}
}

// play does one step of a turn. Only the last one shows.
func (c *conversation) play(w emulate.World, t *turn, step run.Step) {
	if step.Kind != run.End {
		return
	}
	reply, at := t.Run.Reply, t.Run.Due
	text := reply.Whole()
	switch {
	case reply.Code == codeBusy:
		for _, said := range []string{text, reply.Error} {
			c.push(w, said, at)
		}
		return
	case reply.Error != "" && reply.Code != codeFailed, text == "":
		return
	}
	m := message{
		ID: timedID(w, "msg", "_"), Sender: senderAgent, Text: text, Timestamp: at, Status: statusSent, SequenceNo: t.Number + 1,
	}
	if c.Platform != webchat {
		m.PlatformMessageID = new(platformID(w))
		m.Delivery = &delivery{Status: statusSent, UpdatedAt: at}
	}
	if reply.Code == codeFailed {
		m.Status, m.PlatformMessageID = statusFailed, nil
		m.Delivery = &delivery{Status: statusFailed, ErrorReason: new(cmp.Or(reply.Error, "delivery failed")), UpdatedAt: at}
	} else {
		c.push(w, text, at)
	}
	if w.Variant(lateHistory) {
		t.Reply, t.StoreAt = &m, run.Later(at, historyLag)
		return
	}
	c.store(m)
}

// timedID makes an id of the present moment: "msg_1770541200000_a7q3k9x2c".
func timedID(w emulate.World, kind, separator string) string {
	const digits = 9
	random, _ := strconv.ParseUint(emulate.HexID(w, kind, 16), 16, 64)
	text := fmt.Sprintf("%0*s", digits, strconv.FormatUint(random, 36))
	return kind + separator + strconv.FormatInt(w.Now().UnixMilli(), 10) + separator + text[len(text)-digits:]
}

// platformID makes an id as the platforms have them.
func platformID(w emulate.World) string {
	return "wamid." + base64.StdEncoding.EncodeToString(w.Entropy("platform", 20))
}

// receive takes in a message of a person that comes over a platform.
func receive(w emulate.World, st any, sent script.Inbound) (script.Received, error) {
	s := st.(*state)
	m, err := s.addressed(w, sent)
	if err != nil {
		return script.Received{}, err
	}
	if m.number.Platform != webchat {
		m.messageID = platformID(w)
	}
	m.accept(w, s)
	return script.Received{Conversation: m.conversation.ID, Message: m.messageID}, nil
}

// addressed finds out whom a message is for.
func (s *state) addressed(w emulate.World, sent script.Inbound) (m inbound, err error) {
	if sent.Conversation != "" {
		for tenant, c := range s.Conversations.All() {
			if c.ID != sent.Conversation {
				continue
			}
			a, n := s.Agents.Get(tenant, c.AgentID), s.PhoneNumbers.Get(tenant, c.PhoneNumberID)
			switch {
			case !c.isOpen(w.Now()) || a == nil || n == nil:
				return m, fmt.Errorf("the conversation %q is archived", c.ID)
			case sent.From != "" && sent.From != c.CustomerPhone:
				return m, fmt.Errorf("the conversation %q is with %q, not with %q", c.ID, c.CustomerPhone, sent.From)
			}
			return newInbound(w, s, tenant, a, n, c.CustomerPhone, sent.Text), nil
		}
		return m, fmt.Errorf("there is no conversation %q", sent.Conversation)
	}
	if problem := lengthProblem(sent.From, 1, longestID); problem != "" {
		return m, errors.New("from " + problem)
	}
	type line struct {
		tenant string
		number *phoneNumber
		agent  *agent
	}
	var lines []line
	for tenant, n := range s.PhoneNumbers.All() {
		if a := s.agentOn(tenant, n.ID); a != nil && (sent.To == "" || sent.To == n.ID || sent.To == n.MetaID) {
			lines = append(lines, line{tenant, n, a})
		}
	}
	switch {
	case len(lines) == 0 && sent.To == "":
		return m, errors.New("there is no phone number with an agent")
	case len(lines) == 0:
		return m, fmt.Errorf("there is no phone number %q with an agent", sent.To)
	case len(lines) > 1 && !slices.ContainsFunc(lines, func(l line) bool { return l.number.ID == sent.To }):
		return m, errors.New("to is missing or names several phone numbers: give the id of one")
	}
	one := lines[max(0, slices.IndexFunc(lines, func(l line) bool { return l.number.ID == sent.To }))]
	return newInbound(w, s, one.tenant, one.agent, one.number, sent.From, sent.Text), nil
}
