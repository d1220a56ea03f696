package agentloop

import "strings"

// turn follows the turn of one message through the events of its session,
// which may have others.
type turn struct {
	run      Run
	delivery Delivery // of the message, "" if the server does not tell
	last     string   // the last event that was taken
	stored   bool     // the event of the message was there
	current  string   // what there is of the agent's message
	printed  bool     // some text was handed out
	detail   TurnDetail
	odd      EventType // the last event about the turn of a kind that is not known
	ended    bool
	waits    bool // for the caller

	other otherTurn
}

// otherTurn is the turn of another message that read this one, too. It is the
// answer if the message gets no turn of its own.
type otherTurn struct {
	id    string
	reply *Message
	end   EventType
	turn  TurnDetail
	ended bool
}

// began reports whether the turn of the message has begun.
func (t *turn) began() bool { return t.run.TurnID != "" }

// take takes an event. ours reports that it is one of the turn, and text is
// what is new of the agent's message. An event that was taken before is not
// ours: ids ascend.
func (t *turn) take(event Event) (text string, ours bool) {
	if t.ended || event.ID <= t.last {
		return "", false
	}
	t.last = event.ID
	if event.Type == EventInputMessage {
		input, ok := event.Detail().(*InputMessage)
		ours = ok && input.Message.ID == t.run.MessageID
		t.stored = t.stored || ours
		return "", ours
	}
	turnID, inputID := origin(event)
	switch {
	case inputID == t.run.MessageID, turnID != "" && turnID == t.run.TurnID:
		if !t.began() {
			t.run.TurnID = turnID
		}
	case event.Type == EventTurnCancelled && t.began():
		// Older servers make up its ids, but only one turn runs at any time.
	case event.Type == EventReasonStarted && t.stored && !t.began() && t.delivery == DeliverySteered:
		t.run.TurnID = turnID
	default:
		t.watch(event, turnID)
		return "", false
	}
	return t.advance(event), true
}

// origin returns the turn of an event and the message that started it.
func origin(event Event) (turnID, inputID string) {
	turnID, inputID = event.Context.TurnID, event.Context.InputMessageID
	if turnID != "" {
		return turnID, inputID
	}
	switch detail := event.Detail().(type) {
	case *TurnDetail:
		return detail.TurnID, detail.InputMessageID
	case *SessionDetail:
		return detail.TurnID, detail.InputMessageID
	}
	return turnID, inputID
}

// advance takes an event of the turn.
func (t *turn) advance(event Event) (text string) {
	switch detail := event.Detail().(type) {
	case *OutputDelta:
		switch event.Type {
		case EventOutputMessageStarted:
			t.current = ""
		case EventOutputMessageDelta:
			whole := detail.Accumulated
			if !strings.HasPrefix(whole, t.current) || len(whole) == len(t.current) {
				whole = t.current + detail.Delta
			}
			return t.grow(whole)
		}
	case *OutputMessage:
		return t.complete(&detail.Message)
	case *TurnDetail:
		if event.Type != EventTurnStarted {
			t.finish(event.Type, *detail)
		}
	case *SessionDetail:
		if event.Type == EventSessionIdled {
			t.finish(event.Type, TurnDetail{})
		}
	default:
		if strings.HasPrefix(string(event.Type), "turn.") {
			t.odd = event.Type
		}
	}
	return ""
}

// grow notes the text of a message that is not complete, and returns what is
// new of it.
func (t *turn) grow(whole string) string {
	rest, ok := strings.CutPrefix(whole, t.current)
	if !ok || rest == "" {
		return ""
	}
	if t.current == "" && t.printed {
		rest = "\n\n" + rest
	}
	t.current, t.printed, t.run.Text = whole, true, whole
	return rest
}

// complete notes a whole message of the agent, and returns what is new of it.
func (t *turn) complete(message *Message) string {
	whole := message.Text()
	text := t.grow(whole)
	t.current = ""
	t.run.Message = message
	if whole != "" {
		t.run.Text = whole
	}
	return text
}

// finish notes the end of the turn. That the session is idle is one, too; what
// is not known of the turn before it is taken for the end.
func (t *turn) finish(end EventType, detail TurnDetail) {
	if end == EventSessionIdled && t.odd != "" {
		end = t.odd
	}
	t.run.End, t.detail, t.run.Usage, t.ended = end, detail, detail.Usage, true
}

// watch takes an event of another turn.
func (t *turn) watch(event Event, turnID string) {
	o := &t.other
	if o.id == "" && event.Type == EventReasonStarted && t.stored && !t.began() && t.delivery == "" {
		o.id = turnID
	}
	if o.id == "" || o.ended || turnID != o.id && event.Type != EventTurnCancelled {
		return
	}
	switch detail := event.Detail().(type) {
	case *OutputMessage:
		o.reply = &detail.Message
	case *TurnDetail:
		if event.Type != EventTurnStarted {
			o.end, o.turn, o.ended = event.Type, *detail, true
		}
	case *SessionDetail:
		if event.Type == EventSessionIdled {
			o.end, o.ended = event.Type, true
		}
	}
}

// adopt makes the other turn the one that answered, and returns its text.
func (t *turn) adopt() (text string) {
	t.run.TurnID = t.other.id
	if t.other.reply != nil {
		text = t.complete(t.other.reply)
	}
	t.finish(t.other.end, t.other.turn)
	return text
}
