package xpander

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// TaskStatus says how far a task is. The API may add states.
type TaskStatus string

// The documented states of a task. Completed, failed, error and stopped are
// ends; a paused task waits for a person and goes on after that.
const (
	TaskPending   TaskStatus = "pending"
	TaskExecuting TaskStatus = "executing"
	TaskPaused    TaskStatus = "paused"
	TaskCompleted TaskStatus = "completed"
	TaskFailed    TaskStatus = "failed"
	TaskError     TaskStatus = "error"
	TaskStopped   TaskStatus = "stopped"
)

// ThinkMode says how hard an agent thinks. The API may add modes.
type ThinkMode string

// The documented modes.
const (
	ThinkModeDefault ThinkMode = "default"
	ThinkModeHarder  ThinkMode = "harder"
)

// TaskInput is what an agent is given: a text, files, or both.
type TaskInput struct {
	// Text is what the agent is told. Default "".
	Text string `json:"text,omitempty"`
	// Files are URLs of files that the agent can read. Default none.
	Files []string `json:"files,omitzero"`
	// User is who the agent works for. Default nobody.
	User *User `json:"user,omitempty"`
}

// User is a person that an agent works for.
type User struct {
	// Email is the address of the user. Required.
	Email string `json:"email"`
	// ID identifies the user in the caller's own system. Default none.
	ID string `json:"id,omitempty"`
	// FirstName is the given name of the user. Default none.
	FirstName string `json:"first_name,omitempty"`
	// LastName is the family name of the user. Default none.
	LastName string `json:"last_name,omitempty"`
	// DisplayName is the name that the server shows. It is part of responses
	// only.
	DisplayName string `json:"display_name,omitempty"`
	// AdditionalAttributes is a JSON object with more about the user. Default
	// none.
	AdditionalAttributes json.RawMessage `json:"additional_attributes,omitempty"`
	// Timezone is where the user is, such as "Europe/Berlin". Default none.
	Timezone string `json:"timezone,omitempty"`
	// Role is what the user may do. Default "member".
	Role string `json:"role,omitempty"`
	// IsSuperAdmin says that the user may do everything. Default: not stated.
	IsSuperAdmin *bool `json:"is_super_admin,omitempty"`
}

// Task is one conversation with an agent, and the state of its latest turn: a
// turn that continues it changes Input, Status and Result, and keeps ID and
// CreatedAt. Responses differ in what they carry, and a member that is absent
// or null leaves its field zero.
type Task struct {
	// ID identifies the task, and its thread.
	ID string `json:"id"`
	// AgentID is the agent that works on it.
	AgentID string `json:"agent_id,omitempty"`
	// OrganizationID is the organization that the task belongs to.
	OrganizationID string `json:"organization_id,omitempty"`
	// Input is what the agent was given in the latest turn.
	Input TaskInput `json:"input,omitzero"`
	// Status says how far the latest turn is.
	Status TaskStatus `json:"status,omitempty"`
	// InternalStatus is a word of the agent's own for it, of at most 255
	// characters.
	InternalStatus string `json:"internal_status,omitempty"`
	// Result is what the agent answers, "" as long as it did not. It is JSON
	// if that was asked for. Of a turn that failed it may say why.
	Result string `json:"result,omitempty"`

	// CreatedAt is when the first turn was started.
	CreatedAt agentclients.Timestamp `json:"created_at,omitempty"`
	// StartedAt is when the agent began, "" as long as it did not, and in some
	// responses about tasks that did.
	StartedAt agentclients.Timestamp `json:"started_at,omitempty"`
	// PausedAt is when the agent began to wait for a person, "" if it did not.
	PausedAt agentclients.Timestamp `json:"paused_at,omitempty"`
	// FinishedAt is when the latest turn ended, "" as long as it did not.
	FinishedAt agentclients.Timestamp `json:"finished_at,omitempty"`

	// Title is the title of the task, if any.
	Title string `json:"title,omitempty"`
	// Source is where it came from, such as "api".
	Source string `json:"source,omitempty"`
	// WorkerID is the worker that runs it, if any.
	WorkerID string `json:"worker_id,omitempty"`
	// AgentVersion is the version of the agent that runs it.
	AgentVersion string `json:"agent_version,omitempty"`
	// AdditionalContext is what the agent was told besides the input.
	AdditionalContext string `json:"additional_context,omitempty"`
	// ExpectedOutput describes in words what the answer should be.
	ExpectedOutput string `json:"expected_output,omitempty"`
	// InstructionsOverride is what the agent was told instead of its
	// instructions.
	InstructionsOverride string `json:"instructions_override,omitempty"`
	// OutputFormat is the form of the answer. Default text.
	OutputFormat OutputFormat `json:"output_format,omitempty"`
	// OutputSchema is the JSON Schema of the answer if OutputFormat is json.
	OutputSchema json.RawMessage `json:"output_schema,omitempty"`
	// ThinkMode says how hard the agent thinks. Default default.
	ThinkMode ThinkMode `json:"think_mode,omitempty"`
	// PayloadExtension is what is added to the payloads of tool calls. It may
	// hold secrets and is not printed.
	PayloadExtension json.RawMessage `json:"payload_extension,omitempty"`
	// MCPServers are the MCP servers that the agent may use for this task.
	MCPServers []MCPSettings `json:"mcp_servers,omitzero"`

	// ParentExecution is the task that this one is a part of, if any.
	ParentExecution string `json:"parent_execution,omitempty"`
	// TriggeringAgentID is the agent that started it, if any.
	TriggeringAgentID string `json:"triggering_agent_id,omitempty"`
	// SubExecutions are the tasks that are parts of it.
	SubExecutions []string `json:"sub_executions,omitzero"`
	// FinishedSubExecutions are those of them that ended.
	FinishedSubExecutions []string `json:"finished_sub_executions,omitzero"`
	// LastExecutedNodeID is the node of the agent's graph that ran last.
	LastExecutedNodeID string `json:"last_executed_node_id,omitempty"`

	// IsManuallyStopped reports that somebody stopped it. Default false.
	IsManuallyStopped bool `json:"is_manually_stopped,omitempty"`
	// EventsStreaming reports that its stream has all events. Default false.
	EventsStreaming bool `json:"events_streaming,omitempty"`
	// UsedMutatingTools reports that it called tools that change something.
	// Default false.
	UsedMutatingTools bool `json:"used_mutating_tools,omitempty"`
	// IsContinuous reports that it goes on after an answer. Default false.
	IsContinuous bool `json:"is_continuous,omitempty"`
	// IsOrchestration reports that it coordinates others. Default false.
	IsOrchestration bool `json:"is_orchestration,omitempty"`
	// ReturnMetrics reports that metrics were asked for. Default false.
	ReturnMetrics bool `json:"return_metrics,omitempty"`
	// DisableAttachmentInjection reports that files are not put into what the
	// model reads. Default false.
	DisableAttachmentInjection bool `json:"disable_attachment_injection,omitempty"`

	// HITLRequest is what a person is asked while the task is paused (human in
	// the loop).
	HITLRequest *HITLRequest `json:"hitl_request,omitempty"`
	// PendingECARequest is the sign-in that the task waits for, if any.
	PendingECARequest *ECARequest `json:"pending_eca_request,omitempty"`
	// DeepPlanning is the plan of the agent, if it makes one.
	DeepPlanning *DeepPlanning `json:"deep_planning,omitempty"`
	// ExecutionAttempts is how often the server tried to run it. 0: not stated.
	ExecutionAttempts int `json:"execution_attempts,omitempty"`
	// Tokens is what the models used, nil if the response does not say.
	Tokens *TokenUsage `json:"tokens,omitempty"`
	// LLMModelProvider ran the model, "" if the response does not say.
	LLMModelProvider ModelProvider `json:"llm_model_provider,omitempty"`
	// LLMModelName is the model that was used, "" if the response does not
	// say.
	LLMModelName string `json:"llm_model_name,omitempty"`
	// LLMReasoningEffort is how hard the model thought, such as "medium". ""
	// if the response does not say.
	LLMReasoningEffort string `json:"llm_reasoning_effort,omitempty"`
	// TestRunNodeID is the node that a test of the agent runs, if any.
	TestRunNodeID string `json:"test_run_node_id,omitempty"`
	// VoiceID is the voice of the answer, if it is spoken.
	VoiceID string `json:"voice_id,omitempty"`
	// UserOIDCToken is what the agent shows as the user. It is a secret.
	UserOIDCToken Secret `json:"user_oidc_token,omitempty"`
	// UserTokens are what it shows to single tools. They are secrets.
	UserTokens Secrets `json:"user_tokens,omitzero"`
}

// HITLRequest is a question to a person.
type HITLRequest struct {
	// OperationID is the operation that waits for the person's approval.
	OperationID string `json:"operation_id,omitempty"`
	// WaitNodeID is the node of the agent's graph that waits.
	WaitNodeID string `json:"wait_node_id,omitempty"`
	// Content is what the person is asked.
	Content string `json:"content,omitempty"`
	// Title is the title of the question.
	Title string `json:"title,omitempty"`
	// Description is more about it.
	Description string `json:"description,omitempty"`
	// ApprovedBy is who said yes, "" as long as nobody did.
	ApprovedBy string `json:"approved_by,omitempty"`
	// RejectedBy is who said no, "" as long as nobody did.
	RejectedBy string `json:"rejected_by,omitempty"`
}

// ECARequest is a sign-in that a user must do for a connector.
type ECARequest struct {
	// ConnectorName is the connector.
	ConnectorName string `json:"connector_name,omitempty"`
	// AuthURL is where the user signs in.
	AuthURL string `json:"auth_url,omitempty"`
}

// DeepPlanning is the plan of an agent.
type DeepPlanning struct {
	// Enabled reports that the agent makes a plan.
	Enabled bool `json:"enabled,omitempty"`
	// Enforce reports that it must.
	Enforce bool `json:"enforce,omitempty"`
	// Started reports that it began to carry the plan out.
	Started bool `json:"started,omitempty"`
	// QuestionRaised reports that it asked something.
	QuestionRaised bool `json:"question_raised,omitempty"`
	// Tasks are the steps of the plan.
	Tasks []PlanStep `json:"tasks,omitzero"`
}

// PlanStep is one step of a plan.
type PlanStep struct {
	// ID identifies the step.
	ID string `json:"id,omitempty"`
	// Title says what is to be done.
	Title string `json:"title,omitempty"`
	// Completed reports that it is done.
	Completed bool `json:"completed,omitempty"`
}

// TokenUsage is how many tokens a task used.
type TokenUsage struct {
	// PromptTokens is how many the models read.
	PromptTokens int `json:"prompt_tokens"`
	// CompletionTokens is how many they wrote.
	CompletionTokens int `json:"completion_tokens"`
	// TotalTokens is the sum.
	TotalTokens int `json:"total_tokens"`
}

// Err tells how the task ended, as an [*agentclients.Error] with its id: nil
// if it is completed and as long as it is pending or executing,
// [agentclients.ErrRunFailed] with the status as Code and what the server says
// as Message if it failed or was stopped, [agentclients.ErrInputRequired] if
// it is paused, and an error of no kind for a status that this package does
// not know.
func (t *Task) Err() error {
	if e := t.verdict("run task"); e != nil {
		return transport.CleanKnown(e)
	}
	return nil
}

// verdict is Err with the name of the operation.
func (t *Task) verdict(op string) *agentclients.Error {
	e := &agentclients.Error{Provider: provider, Op: op, ResourceID: t.ID, Code: string(t.Status)}
	state, status := t.state()
	switch {
	case state == poll.Running, t.Status == TaskCompleted:
		return nil
	case state == poll.Ended:
		e.Message = t.Result
		e.Err = fmt.Errorf("%w: the status is %q", agentclients.ErrRunFailed, status)
	case state == poll.InputRequired:
		e.Err = fmt.Errorf("%w: the status is %q", agentclients.ErrInputRequired, status)
		if t.HITLRequest != nil {
			e.Message = t.HITLRequest.Title
		}
	default:
		e.Err = errors.New(unknownStatus(status))
	}
	return e
}

func unknownStatus(status string) string { return fmt.Sprintf("the status %q is not known", status) }

// state says what the status means for who waits.
func (t *Task) state() (poll.State, string) {
	status := string(t.Status)
	switch t.Status {
	case TaskPending, TaskExecuting:
		return poll.Running, status
	case TaskPaused:
		return poll.InputRequired, status
	case TaskCompleted, TaskFailed, TaskError, TaskStopped:
		return poll.Ended, status
	case "":
		if t.FinishedAt == "" { // null stands for pending
			return poll.Running, status
		}
	}
	return poll.Unknown, status
}

// String describes the task in one line: its id, status and title.
func (t Task) String() string {
	line := fmt.Sprintf("task %s (%s)", word(t.ID), word(string(t.Status)))
	if t.Title != "" {
		line += fmt.Sprintf(" %q", t.Title)
	}
	return line
}

// Format prints the line of String for %v and %s, and for other verbs the task
// without secrets.
func (t Task) Format(state fmt.State, verb rune) {
	type plain Task
	t.PayloadExtension = hidden(t.PayloadExtension)
	format(state, verb, t.String(), plain(t))
}

// LogValue describes the task to log/slog: what identifies it, and no secret.
func (t Task) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", t.ID),
		slog.String("agent_id", t.AgentID),
		slog.String("status", string(t.Status)),
		slog.String("title", t.Title),
	)
}

// format prints a line for %v, %s and %q, and a value of a type that does not
// format itself for all else.
func format(state fmt.State, verb rune, line string, plain any) {
	switch {
	case verb == 's', verb == 'v' && !state.Flag('+') && !state.Flag('#'):
		io.WriteString(state, line) //nolint:errcheck // fmt.State has nowhere to report it
	case verb == 'q':
		fmt.Fprintf(state, "%q", line)
	default:
		redact.Format(state, verb, plain)
	}
}

// word returns a text of the server as it is if it fits into a line, and quoted
// if not.
func word(text string) string {
	if quoted := strconv.Quote(text); quoted[1:len(quoted)-1] != text {
		return quoted
	}
	return text
}

// hidden returns what is printed in the place of JSON that may hold secrets.
func hidden(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	return json.RawMessage(redact.Placeholder)
}

func decodeTask(body []byte) (*Task, error) {
	return wire.DecodeWith(body, "id", func(t *Task) bool { return t.ID != "" })
}
