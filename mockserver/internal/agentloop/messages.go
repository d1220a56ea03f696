package agentloop

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// Who says a message.
const (
	roleUser       = "user"
	roleAgent      = "agent"
	roleToolResult = "tool_result"
)

// Names in metadata that begin so are the server's own.
const (
	reservedMetadata   = "everruns_"
	clientMessageIDKey = reservedMetadata + "client_message_id"
)

// newMessage is the body of a message that is sent.
var newMessage = schema.Shape{
	schema.Present("message", schema.Object(schema.Shape{
		schema.Optional("role", schema.Enum("system", roleUser, roleAgent, roleToolResult)),
		schema.Present("content", schema.List(schema.Tagged("type",
			schema.Branch{Name: "text", Shape: schema.Shape{schema.Present("text", schema.Text)}},
			schema.Branch{Name: "image", Shape: schema.Shape{
				schema.Optional("url", schema.Nullable(schema.Text)),
				schema.Optional("base64", schema.Nullable(schema.Text)),
				schema.Optional("media_type", schema.Nullable(schema.Text)),
			}},
			schema.Branch{Name: "image_file", Shape: schema.Shape{
				schema.Present("image_id", schema.Text),
				schema.Optional("filename", schema.Nullable(schema.Text)),
			}},
		), 0, 0)),
	})),
	schema.Optional("controls", schema.Nullable(schema.Object(schema.Shape{
		schema.Optional("model_id", schema.Nullable(idRule("model"))),
		schema.Optional("reasoning", schema.Nullable(schema.Object(schema.Shape{
			schema.Optional("effort", schema.Nullable(schema.Text)),
		}))),
	}))),
	schema.Optional("metadata", schema.Nullable(schema.AnyObject)),
	schema.Optional("tags", schema.Nullable(schema.List(schema.Text, 0, 0))),
	schema.Optional("client_message_id", schema.Nullable(uuidRule)),
}

func uuidRule(v *schema.Verdict, raw json.RawMessage) {
	text, ok := jsontext.String(raw)
	if !ok {
		schema.Text(v, raw)
	} else if _, err := uuid.Parse(text); err != nil {
		v.Refuse(schema.Violation{Detail: "UUID parsing failed", Want: "a UUID", Got: raw})
	}
}

// messageInfo is a message as it stands in events.
type messageInfo struct {
	ID        string          `json:"id"`
	Role      string          `json:"role"`
	Content   []part          `json:"content"`
	Controls  json.RawMessage `json:"controls,omitempty"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
	CreatedAt time.Time       `json:"created_at"`
}

// message is a message as it is stored and as it stands in lists.
type message struct {
	messageInfo
	SessionID string `json:"session_id"`
	Sequence  int    `json:"sequence"` // of its event
}

// sentMessage is the response to a message that was sent.
type sentMessage struct {
	message
	Delivery string `json:"delivery,omitempty"`
}

// What became of a message that was sent.
const (
	deliveryStarted   = "started"   // it began a turn
	deliverySteered   = "steered"   // the turn that runs reads it, or one behind that
	deliveryDuplicate = "duplicate" // it was there before
)

// part is a part of a message, as it was sent.
type part = json.RawMessage

func textPart(text string) part {
	return jsontext.MustMarshal(struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}{"text", text})
}

// text is what a message says in words.
func (m *message) text() string {
	var texts []string
	for _, part := range m.Content {
		members, _ := jsontext.Members(part)
		if text, ok := jsontext.String(members["text"]); ok {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

// clientID is the id that the client gave a message.
func (m *message) clientID() (id string) {
	if bytes.Contains(m.Metadata, []byte(clientMessageIDKey)) {
		members, _ := jsontext.Members(m.Metadata)
		id, _ = jsontext.String(members[clientMessageIDKey])
	}
	return id
}

func sendMessage(r *emulate.Request, s *state) (emulate.Response, error) {
	x, err := findSession(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	timeout, err := readWait(r)
	if err != nil {
		return emulate.Response{}, err
	}
	shape := r.Operation.Body
	if r.Variant(strictFeb) { // it does not know the member
		shape = shape.Without("client_message_id")
	}
	members, err := readMembers(r, shape)
	if err != nil {
		return emulate.Response{}, err
	}
	inner, _ := jsontext.Members(members["message"])
	if err := checkRole(r, inner); err != nil {
		return emulate.Response{}, err
	}
	clientID := ""
	if !r.Variant(strictFeb) {
		jsontext.Assign(members, "client_message_id", &clientID, jsontext.String)
	}
	if clientID != "" {
		clientID = uuid.MustParse(clientID).String()
		for _, m := range slices.Backward(x.Messages) {
			if m.clientID() == clientID {
				return x.sent(r, s, m, deliveryDuplicate, timeout)
			}
		}
	}
	now := r.Now()
	m := message{messageInfo: messageInfo{
		ID:        "message_" + emulate.TimeOrderedHex(r, "message"),
		Role:      roleUser,
		CreatedAt: timestamp(now),
	}, SessionID: x.ID, Sequence: len(x.Events) + 1}
	jsontext.Assign(inner, "content", &m.Content, jsontext.ListOf(jsontext.Raw))
	jsontext.Assign(members, "controls", &m.Controls, jsontext.Raw)
	m.Metadata = readMetadata(r, members, clientID)
	var tags []string
	jsontext.Assign(members, "tags", &tags, jsontext.Strings)

	delivery := deliveryStarted
	if x.Turn != nil {
		delivery = deliverySteered
	}
	r.Commit(func() {
		x.Messages = append(x.Messages, m)
		x.log(r, now, inputMessage, eventContext{}, messageData{Message: m.messageInfo}).Tags = tags
		if x.Turn == nil {
			x.begin(r, s, r.Tenant, m.ID, m.text(), now)
		} else {
			x.Waiting = append(x.Waiting, m.ID)
		}
	})
	return x.sent(r, s, m, delivery, timeout)
}

// checkRole refuses messages of others than the user. Early servers took
// those of the agent, and stored them as the user's.
func checkRole(r *emulate.Request, message jsontext.Object) error {
	role := roleUser
	jsontext.Assign(message, "role", &role, jsontext.String)
	const reason = "/message/role: expected user, got another one"
	switch {
	case role == roleUser || role == roleAgent && r.Variant(strictFeb):
		return nil
	case r.Variant(strictFeb):
		r.Guess("message-role")
		return refuseType(r, "message.role: unknown variant, expected `user` or `agent`", reason)
	}
	return refuse(r, http.StatusBadRequest, "Only user messages can be created through this endpoint", reason)
}

// readMetadata returns the metadata of a message without the names that the
// server keeps for itself, and with the id that the client gave it.
func readMetadata(r *emulate.Request, members jsontext.Object, clientID string) (metadata json.RawMessage) {
	jsontext.Assign(members, "metadata", &metadata, jsontext.Raw)
	if r.Variant(strictFeb) || clientID == "" && !bytes.Contains(metadata, []byte(reservedMetadata)) {
		return metadata
	}
	kept := make(jsontext.Object)
	all, _ := jsontext.Members(metadata)
	for name, value := range all {
		if !strings.HasPrefix(name, reservedMetadata) {
			kept[name] = value
		}
	}
	if clientID != "" {
		kept[clientMessageIDKey] = jsontext.MustMarshal(clientID)
	}
	return jsontext.MustMarshal(kept)
}

// readWait returns how long a request wants to wait for the end of the turn;
// negative: not at all, as on early servers.
func readWait(r *emulate.Request) (time.Duration, error) {
	if r.Variant(strictFeb) || !r.Query.Has("wait") {
		return -1, nil
	}
	wait, err := strconv.ParseBool(r.Query.Get("wait"))
	if err != nil {
		return 0, refuseQuery(r, "wait")
	}
	timeout, err := strconv.Atoi(query(r, "timeout_ms", "120000"))
	switch {
	case err != nil || timeout < 0:
		return 0, refuseQuery(r, "timeout_ms")
	case !wait:
		return -1, nil
	}
	return time.Duration(min(timeout, 600_000)) * time.Millisecond, nil
}

// sent responds to a message: at once, or when its turn is over if the
// request waits for that.
func (x *session) sent(r *emulate.Request, s *state, m message, delivery string, timeout time.Duration) (emulate.Response, error) {
	if r.Variant(strictFeb) {
		return emulate.JSON(http.StatusCreated, m), nil
	}
	if timeout < 0 || r.Pretends {
		return emulate.JSON(http.StatusCreated, sentMessage{m, delivery}), nil
	}
	tenant, deadline := r.Tenant, r.Now().Add(timeout)
	return emulate.Response{Wait: func(now time.Time) (emulate.Response, time.Time, bool) {
		if s.Sessions.Get(tenant, x.ID) != x {
			return emulate.JSON(http.StatusNotFound, errorBody{"Session not found"}), time.Time{}, true
		}
		result, over := x.outcome(m)
		if !over && !now.Before(deadline) {
			result.Status = "timeout"
			return emulate.JSON(http.StatusAccepted, result), time.Time{}, true
		}
		return emulate.JSON(http.StatusOK, result), run.Earlier(deadline, x.due), over
	}}, nil
}

// orElse is a text, or another one if it is empty.
func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// outcome is what came of a message, in the words of a response that was
// waited for.
type outcome struct {
	Status   string    `json:"status"`
	Message  message   `json:"message"`
	Messages []message `json:"messages"`
	Error    string    `json:"error,omitempty"`
}

// outcome reports what came of a message, and whether its turn is over.
func (x *session) outcome(m message) (o outcome, over bool) {
	o = outcome{Status: "completed", Message: m, Messages: []message{}}
	for _, e := range x.Events[min(m.Sequence, len(x.Events)):] {
		if e.Context.InputMessageID != m.ID {
			continue
		}
		switch e.Type {
		case turnCompleted:
			over = true
		case turnFailed, turnCancelled, turnSealed:
			over, o.Status = true, "failed"
			members, _ := jsontext.Members(e.Data)
			jsontext.Assign(members, "reason", &o.Error, jsontext.String)
			jsontext.Assign(members, "error", &o.Error, jsontext.String)
		case outputCompleted, toolCompleted:
			at := slices.IndexFunc(x.Messages, func(m message) bool { return m.Sequence == e.Sequence })
			if at >= 0 {
				o.Messages = append(o.Messages, x.Messages[at])
			}
		}
	}
	return o, over
}

func listMessages(r *emulate.Request, s *state) (emulate.Response, error) {
	x, err := findSession(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	messages := x.Messages
	if messages == nil {
		messages = []message{}
	}
	return emulate.JSON(http.StatusOK, list{Data: messages}), nil
}

// history is what was said before a message, for a script.
func (x *session) history(before string) (history []script.Message) {
	for i := range x.Messages {
		m := &x.Messages[i]
		if m.ID == before {
			break
		}
		if text := m.text(); text != "" && (m.Role == roleUser || m.Role == roleAgent) {
			history = append(history, script.Message{Role: m.Role, Text: text})
		}
	}
	return history
}
