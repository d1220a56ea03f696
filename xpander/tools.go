package xpander

import (
	"encoding/json"
	"slices"

	"github.com/agentclients/agentclients-go/internal/wire"
)

// Tool is a tool that an agent can use. The API does not document its
// members; those that are known have fields, and Raw has all.
type Tool struct {
	// ID identifies the tool.
	ID string `json:"id,omitempty"`
	// Name is the name of the tool.
	Name string `json:"name,omitempty"`
	// Method is the HTTP method that calls it, in lower case.
	Method string `json:"method,omitempty"`
	// Path is the path that calls it.
	Path string `json:"path,omitempty"`
	// Raw is the tool as the API wrote it. If it is set, it is what the tool
	// is encoded to.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON reads a tool. It accepts any value and keeps it in Raw.
func (t *Tool) UnmarshalJSON(data []byte) error {
	type plain Tool
	*t = Tool{}
	if read, err := wire.Decode[plain](data); err == nil {
		*t = Tool(*read)
	}
	t.Raw = slices.Clone(data)
	return nil
}

// MarshalJSON returns Raw, or the other fields if it is not set.
func (t Tool) MarshalJSON() ([]byte, error) {
	if t.Raw != nil {
		return t.Raw, nil
	}
	type plain Tool
	return json.Marshal(plain(t))
}

// AttachedTool is a connector with the operations that an agent may use.
type AttachedTool struct {
	// ID identifies the connector.
	ID string `json:"id"`
	// OperationIDs are the operations.
	OperationIDs []string `json:"operation_ids"`
}

// KnowledgeBaseStrategy says how a knowledge base is searched. The API may
// add strategies.
type KnowledgeBaseStrategy string

// The documented strategies.
const (
	KnowledgeBaseVanilla    KnowledgeBaseStrategy = "vanilla"
	KnowledgeBaseAgenticRAG KnowledgeBaseStrategy = "agentic_rag"
)

// KnowledgeBase is a knowledge base that an agent can search.
type KnowledgeBase struct {
	// ID identifies the knowledge base.
	ID string `json:"id"`
	// Name is the name for people, "" if there is none.
	Name string `json:"name,omitempty"`
	// Description is for people, "" if there is none.
	Description string `json:"description,omitempty"`
	// Strategy says how it is searched.
	Strategy KnowledgeBaseStrategy `json:"strategy,omitempty"`
	// ReadWrite lets the agent write to it, too. Default false.
	ReadWrite bool `json:"rw,omitempty"`
	// Documents are the ids of its documents.
	Documents []string `json:"documents,omitzero"`
}

// SourceNodeType is a way by which tasks come to an agent. The API may add
// types.
type SourceNodeType string

// The documented ways.
const (
	SourceNodeWorkbench SourceNodeType = "workbench"
	SourceNodeSDK       SourceNodeType = "sdk"
	SourceNodeTask      SourceNodeType = "task"
	SourceNodeAssistant SourceNodeType = "assistant"
	SourceNodeWebhook   SourceNodeType = "webhook"
	SourceNodeMCP       SourceNodeType = "mcp"
	SourceNodeA2A       SourceNodeType = "a2a"
)

// SourceNode is a source of tasks of an agent.
type SourceNode struct {
	// ID identifies the source.
	ID string `json:"id,omitempty"`
	// Type says what it is.
	Type SourceNodeType `json:"type"`
	// Targets are the nodes that get its tasks.
	Targets []string `json:"targets,omitzero"`
	// Metadata is a JSON object with more about it.
	Metadata json.RawMessage `json:"metadata,omitempty"`
}
