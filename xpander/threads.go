package xpander

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// MessageRole says who a message of a thread is from. The API may add roles.
type MessageRole string

// The documented roles.
const (
	RoleUser      MessageRole = "user"
	RoleAssistant MessageRole = "assistant"
	RoleSystem    MessageRole = "system"
	RoleTool      MessageRole = "tool"
)

// ThreadMessage is one message of the thread of a task. Its framework adds
// many members to it, which Raw has.
type ThreadMessage struct {
	// ID identifies the message.
	ID string `json:"id,omitempty"`
	// Role says who it is from.
	Role MessageRole `json:"role,omitempty"`
	// Content is the text, "" if it is no text.
	Content string `json:"content,omitempty"`
	// CreatedAt is when it was written, as seconds since 1970.
	CreatedAt agentclients.Timestamp `json:"created_at,omitempty"`
	// Metrics is a JSON object with the numbers of tokens, if there is one.
	Metrics json.RawMessage `json:"metrics,omitempty"`
	// Raw is the message as the API wrote it. If it is set, it is what the
	// message is encoded to.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON reads a message. It accepts any value and keeps it in Raw.
func (m *ThreadMessage) UnmarshalJSON(data []byte) error {
	type plain ThreadMessage
	var read plain
	json.Unmarshal(data, &read) //nolint:errcheck // Raw has what does not fit
	*m = ThreadMessage(read)
	m.Raw = slices.Clone(data)
	return nil
}

// MarshalJSON returns Raw, or the other fields if it is not set.
func (m ThreadMessage) MarshalJSON() ([]byte, error) {
	if m.Raw != nil {
		return m.Raw, nil
	}
	type plain ThreadMessage
	return json.Marshal(plain(m))
}

// String describes the message in one line: who it is from, and the beginning
// of its text.
func (m ThreadMessage) String() string {
	const shown = 60 // characters
	content := []rune(m.Content)
	if len(content) > shown {
		return fmt.Sprintf("%s: %q…", word(string(m.Role)), string(content[:shown]))
	}
	return fmt.Sprintf("%s: %q", word(string(m.Role)), m.Content)
}

// FullThread is the thread of a task and of its parts.
type FullThread struct {
	// Root are the messages of the task itself.
	Root []ThreadMessage
	// SubTasks are the messages of its parts, by the id of the task.
	SubTasks map[string][]ThreadMessage
}

// rootThread is the member that has the messages of the task itself.
const rootThread = "root"

// UnmarshalJSON reads an object with a list of messages for each task. A
// member of another type is an empty list.
func (f *FullThread) UnmarshalJSON(data []byte) error {
	members, err := wire.Members(data)
	if err != nil {
		return err
	}
	*f = FullThread{}
	for name, member := range members {
		var messages []ThreadMessage
		json.Unmarshal(member, &messages) //nolint:errcheck // of another type
		if name == rootThread {
			f.Root = messages
			continue
		}
		if f.SubTasks == nil {
			f.SubTasks = make(map[string][]ThreadMessage)
		}
		f.SubTasks[name] = messages
	}
	return nil
}

// MarshalJSON returns the object that the API has.
func (f FullThread) MarshalJSON() ([]byte, error) {
	all := make(map[string][]ThreadMessage, len(f.SubTasks)+1)
	for id, messages := range f.SubTasks {
		all[id] = messages
	}
	all[rootThread] = f.Root
	return json.Marshal(all)
}

// GetThread reads the messages of a task, the oldest first. It is repeated
// after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such task.
//
// API reference: Get Task Thread, GET /v1/tasks/{task_id}/thread,
// https://docs.xpander.ai.
func (c *Client) GetThread(ctx context.Context, taskID string, options ...agentclients.CallOption) ([]ThreadMessage, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get thread",
		Method: http.MethodGet,
		Path:   "/v1/tasks/{task_id}/thread",
		Params: []string{taskID},
		Replay: transport.ReplaySafe,
	}, options, wire.DecodeArray[ThreadMessage])
}

// GetFullThread reads the messages of a task and of its parts, the oldest
// first. It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such task.
//
// API reference: Get Full Task Thread, GET /v1/tasks/{task_id}/thread/full,
// https://docs.xpander.ai.
func (c *Client) GetFullThread(ctx context.Context, taskID string, options ...agentclients.CallOption) (*FullThread, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get full thread",
		Method: http.MethodGet,
		Path:   "/v1/tasks/{task_id}/thread/full",
		Params: []string{taskID},
		Replay: transport.ReplaySafe,
	}, options, decodeFullThread)
}

func decodeFullThread(body []byte) (*FullThread, error) {
	members, err := wire.Members(body)
	if err != nil {
		return nil, err
	}
	if _, ok := members[rootThread]; !ok {
		return nil, wire.Missing(rootThread)
	}
	return wire.Decode[FullThread](body)
}
