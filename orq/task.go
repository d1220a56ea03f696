package orq

import (
	"errors"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// TaskState says how far a task is. The API may add states.
type TaskState string

// The documented states of a task. Completed, failed, canceled and rejected
// are ends; a task that requires input or a sign-in waits for the caller. The
// API does not produce auth-required, canceled and rejected yet.
const (
	TaskSubmitted     TaskState = "submitted"
	TaskWorking       TaskState = "working"
	TaskInputRequired TaskState = "input-required"
	TaskAuthRequired  TaskState = "auth-required"
	TaskCompleted     TaskState = "completed"
	TaskFailed        TaskState = "failed"
	TaskCanceled      TaskState = "canceled"
	TaskRejected      TaskState = "rejected"
)

// Task is one conversation with an agent, and the state of its latest turn, in
// the form of the A2A protocol. Responses differ in what they carry.
type Task struct {
	// ID identifies the task, a ULID. A request with it continues the task.
	ID string `json:"id"`
	// ContextID is the context that the task belongs to.
	ContextID string `json:"contextId,omitempty"`
	// Kind is always "task".
	Kind string `json:"kind,omitempty"`
	// Status says how far the task is.
	Status TaskStatus `json:"status"`
	// History are the messages so far. The response to InvokeAgent has none.
	History []Message `json:"history,omitzero"`
	// Messages are the messages of the run. Only the response to an
	// InvokeAgent that blocks has them.
	Messages []Message `json:"messages,omitzero"`
	// Artifacts are what the agent made besides its messages.
	Artifacts []Artifact `json:"artifacts,omitzero"`
	// Metadata is what is noted on the task, of any names. The server puts
	// the ids of the workspace and the agent there, beside what the request
	// said.
	Metadata map[string]any `json:"metadata,omitzero"`
}

// TaskStatus says how far a task is.
type TaskStatus struct {
	// State is how far it is.
	State TaskState `json:"state"`
	// Timestamp is since when.
	Timestamp agentclients.Timestamp `json:"timestamp,omitempty"`
	// Message is the message that belongs to it: often the agent's last one.
	// Nil: there is none.
	Message *Message `json:"message,omitempty"`
}

// Artifact is what an agent made besides its messages.
type Artifact struct {
	// ID identifies the artifact.
	ID string `json:"artifactId"`
	// Name is its name.
	Name string `json:"name,omitempty"`
	// Description says what it is.
	Description string `json:"description,omitempty"`
	// Parts are what it consists of.
	Parts []Part `json:"parts,omitzero"`
	// Extensions are extensions of the A2A protocol that it uses.
	Extensions []string `json:"extensions,omitzero"`
	// Metadata is what is noted on it, of any names.
	Metadata map[string]any `json:"metadata,omitzero"`
}

// Text returns the text of the agent's last message: that of the status, or
// else of the messages. "" if there is none.
func (t *Task) Text() string {
	if message := t.Status.Message; message != nil && message.Role == RoleAgent && message.Text() != "" {
		return message.Text()
	}
	for _, messages := range [][]Message{t.Messages, t.History} {
		if text := lastText(messages); text != "" {
			return text
		}
	}
	return ""
}

// lastText returns the text of the last message if the agent wrote it, "" if
// somebody else had the last word.
func lastText(messages []Message) string {
	for i := len(messages) - 1; i >= 0; i-- {
		switch message := messages[i]; {
		case message.Role == RoleUser:
			return ""
		case message.Role == RoleAgent && message.Text() != "":
			return message.Text()
		}
	}
	return ""
}

// Err tells how the task ended, as an [*agentclients.Error] with its id: nil
// if it is completed and as long as it is submitted or working,
// [agentclients.ErrRunFailed] with the state as Code and what the server says
// as Message if it failed, was canceled or was rejected,
// [agentclients.ErrInputRequired] if it waits for the result or the approval
// of a tool, and an error of no kind for a state that this package does not
// know.
func (t *Task) Err() error {
	state, word := t.state()
	e := &agentclients.Error{Provider: provider, Op: "run task", ResourceID: t.ID, Code: word}
	switch {
	case state == poll.Running, t.Status.State == TaskCompleted:
		return nil
	case state == poll.Ended:
		e.Err = fmt.Errorf("%w: the state is %q", agentclients.ErrRunFailed, word)
	case state == poll.InputRequired:
		e.Err = fmt.Errorf("%w: the state is %q", agentclients.ErrInputRequired, word)
	default:
		e.Err = errors.New(unknownState(word))
	}
	if t.Status.Message != nil && t.Status.Message.Role != RoleUser {
		e.Message = t.Status.Message.Text()
	}
	return transport.CleanKnown(e)
}

func unknownState(word string) string { return fmt.Sprintf("the state %q is not known", word) }

// state says what the state of the task means for who waits.
func (t *Task) state() (poll.State, string) {
	word := string(t.Status.State)
	switch t.Status.State {
	case TaskSubmitted, TaskWorking:
		return poll.Running, word
	case TaskInputRequired, TaskAuthRequired:
		return poll.InputRequired, word
	case TaskCompleted, TaskFailed, TaskCanceled, TaskRejected:
		return poll.Ended, word
	}
	return poll.Unknown, word
}

// String describes the task in one line: its id and state.
func (t Task) String() string { return wire.Linef("task %s %s", t.ID, t.Status.State) }

func decodeTask(body []byte) (*Task, error) {
	return wire.DecodeWith(body, "id", func(t *Task) bool { return t.ID != "" })
}

// TaskList is one page of the tasks of an agent.
type TaskList struct {
	// Tasks are the tasks of this page, the newest first.
	Tasks []Task `json:"tasks"`
	// OverallTotal is how many tasks there are on all pages.
	OverallTotal int `json:"overall_total"`
}

// String returns how many tasks there are in one line.
func (l TaskList) String() string { return fmt.Sprintf("%d of %d tasks", len(l.Tasks), l.OverallTotal) }

func decodeTaskList(body []byte) (*TaskList, error) {
	return wire.DecodeList(body, "tasks", func(l *TaskList) *[]Task { return &l.Tasks })
}
