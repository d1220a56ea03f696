package xpander

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// The states of a task. It ends in one of the last four.
const (
	pending   = "pending"
	executing = "executing"
	paused    = "paused"
	completed = "completed"
	failed    = "failed"
	errored   = "error"
	stopped   = "stopped"
)

var taskStatuses = []string{pending, executing, paused, errored, failed, completed, stopped}

// task is a task as responses have it. A nil pointer is null.
type task struct {
	ID                         string            `json:"id"`
	AgentID                    string            `json:"agent_id"`
	OrganizationID             string            `json:"organization_id"`
	Input                      taskInput         `json:"input"`
	Status                     string            `json:"status"`
	InternalStatus             *string           `json:"internal_status"`
	LastExecutedNodeID         *string           `json:"last_executed_node_id"`
	AgentVersion               *string           `json:"agent_version"`
	CreatedAt                  string            `json:"created_at"`
	StartedAt                  *string           `json:"started_at"`
	PausedAt                   *string           `json:"paused_at"`
	FinishedAt                 *string           `json:"finished_at"`
	Result                     *string           `json:"result"`
	ParentExecution            *string           `json:"parent_execution"`
	SubExecutions              []string          `json:"sub_executions"`
	FinishedSubExecutions      []string          `json:"finished_sub_executions"`
	IsManuallyStopped          bool              `json:"is_manually_stopped"`
	PayloadExtension           json.RawMessage   `json:"payload_extension"`
	HITLRequest                *hitlRequest      `json:"hitl_request"`
	PendingECARequest          json.RawMessage   `json:"pending_eca_request"`
	Source                     *string           `json:"source"`
	WorkerID                   *string           `json:"worker_id"`
	AdditionalContext          *string           `json:"additional_context"`
	ExpectedOutput             *string           `json:"expected_output"`
	OutputFormat               string            `json:"output_format"`
	OutputSchema               json.RawMessage   `json:"output_schema"`
	EventsStreaming            bool              `json:"events_streaming"`
	UsedMutatingTools          bool              `json:"used_mutating_tools"`
	IsContinuous               bool              `json:"is_continuous"`
	MCPServers                 []json.RawMessage `json:"mcp_servers"`
	TriggeringAgentID          *string           `json:"triggering_agent_id"`
	Title                      *string           `json:"title"`
	ThinkMode                  string            `json:"think_mode"`
	DisableAttachmentInjection bool              `json:"disable_attachment_injection"`
	InstructionsOverride       *string           `json:"instructions_override"` // what follows came later
	TestRunNodeID              *string           `json:"test_run_node_id"`
	ReturnMetrics              bool              `json:"return_metrics"`
	ExecutionAttempts          int               `json:"execution_attempts"`
	Tokens                     *tokens           `json:"tokens"`
	LLMModelProvider           *string           `json:"llm_model_provider"`
	LLMModelName               *string           `json:"llm_model_name"`
	LLMReasoningEffort         *string           `json:"llm_reasoning_effort"`
}

// taskInput is what the latest turn asks.
type taskInput struct {
	Text  string   `json:"text"`
	Files []string `json:"files"`
	User  *user    `json:"user"`
}

// user is on whose behalf an agent is asked.
type user struct {
	ID                   *string         `json:"id"`
	FirstName            *string         `json:"first_name"`
	LastName             *string         `json:"last_name"`
	DisplayName          string          `json:"display_name"`
	Email                string          `json:"email"`
	AdditionalAttributes json.RawMessage `json:"additional_attributes"`
	Timezone             *string         `json:"timezone,omitempty"` // what follows is shown if it was sent
	Role                 *string         `json:"role,omitempty"`
	IsSuperAdmin         *bool           `json:"is_super_admin,omitempty"`
}

// hitlRequest is what a task that is paused wants to know of a person.
type hitlRequest struct {
	OperationID string  `json:"operation_id"`
	Content     string  `json:"content"`
	Title       *string `json:"title"`
	Description *string `json:"description"`
	ApprovedBy  *string `json:"approved_by"`
	RejectedBy  *string `json:"rejected_by"`
}

// tokens are what the latest turn cost.
type tokens struct {
	CompletionTokens int `json:"completion_tokens"`
	PromptTokens     int `json:"prompt_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

// message is one of a thread. Its time is in seconds, unlike any other.
type message struct {
	ID                string   `json:"id"`
	Role              string   `json:"role"` // "user", "assistant"
	Content           string   `json:"content"`
	FromHistory       bool     `json:"from_history"`
	StopAfterToolCall bool     `json:"stop_after_tool_call"`
	Metrics           *metrics `json:"metrics,omitempty"`
	CreatedAt         int64    `json:"created_at"`
}

// metrics are the tokens of a message of the agent.
type metrics struct {
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

// taskRecord is a task as it is stored, with its thread.
type taskRecord struct {
	task
	UpdatedAt string    `json:"updated_at"`
	Thread    []message `json:"thread"`
	Turn      *turn     `json:"turn,omitempty"`  // nil: it is over
	Queue     []*turn   `json:"queue,omitempty"` // turns that wait for it

	next time.Time // when there is more of the turn
}

// stamp is a moment as responses have it.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

// follow is the task as it is when a turn begins that follows this one.
func (t task) follow() task {
	t.Status = pending
	t.StartedAt, t.PausedAt, t.FinishedAt, t.Result, t.Tokens, t.HITLRequest = nil, nil, nil, nil, nil, nil
	t.IsManuallyStopped = false
	return t
}

// stop is the task when it was stopped from outside.
func (t task) stop(at time.Time) task {
	t.Status, t.IsManuallyStopped, t.HITLRequest = stopped, true, nil
	t.FinishedAt = new(stamp(at))
	return t
}

// briefTask is the task that some pages show.
type briefTask struct {
	ID             string      `json:"id"`
	AgentID        string      `json:"agent_id"`
	OrganizationID string      `json:"organization_id"`
	Status         string      `json:"status"`
	Input          *briefInput `json:"input,omitempty"`
	Result         *string     `json:"result"`
	CreatedAt      string      `json:"created_at"`
	StartedAt      *string     `json:"started_at"`
	FinishedAt     *string     `json:"finished_at"`
}

type briefInput struct {
	Text  string   `json:"text"`
	Files []string `json:"files"`
}

// taskView is a task as the variants want it shown.
func taskView(w emulate.World, t task) any {
	if !w.Variant(shortTasks) {
		return t
	}
	return briefTask{t.ID, t.AgentID, t.OrganizationID, t.Status, &briefInput{t.Input.Text, t.Input.Files}, t.Result, t.CreatedAt, t.StartedAt, t.FinishedAt}
}

// startedView is a task in the response to a start.
func startedView(w emulate.World, t task) any {
	shown := taskView(w, t)
	if brief, ok := shown.(briefTask); ok {
		brief.Input = nil
		return brief
	}
	return shown
}

// taskItem is a task in a list.
type taskItem struct {
	ID                string  `json:"id"`
	AgentID           string  `json:"agent_id"`
	UserID            *string `json:"user_id"`
	ParentTaskID      *string `json:"parent_task_id"`
	TriggeringAgentID *string `json:"triggering_agent_id"`
	OrganizationID    string  `json:"organization_id"`
	Status            string  `json:"status"`
	CreatedAt         string  `json:"created_at"`
	UpdatedAt         string  `json:"updated_at"`
	SourceNodeType    *string `json:"source_node_type"`
	Result            *string `json:"result"`
	Title             *string `json:"title"`
}

func (t *taskRecord) item() taskItem {
	var userID *string
	if t.Input.User != nil {
		userID = t.Input.User.ID
	}
	return taskItem{
		ID: t.ID, AgentID: t.AgentID, UserID: userID, ParentTaskID: t.ParentExecution, TriggeringAgentID: t.TriggeringAgentID,
		OrganizationID: t.OrganizationID, Status: t.Status, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
		SourceNodeType: t.Source, Result: t.Result, Title: t.Title,
	}
}

// displayName is what a user is called.
func displayName(first, last *string, email string) string {
	var names []string
	for _, name := range []*string{first, last} {
		if name != nil && *name != "" {
			names = append(names, *name)
		}
	}
	if names == nil {
		return email
	}
	return strings.Join(names, " ")
}
