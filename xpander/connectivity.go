package xpander

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// ConnectivityAuthType is how an external agent knows its caller. The API may
// add types.
type ConnectivityAuthType string

// The documented ways.
const (
	ConnectivityAuthNone   ConnectivityAuthType = "none"
	ConnectivityAuthAPIKey ConnectivityAuthType = "api_key"
	ConnectivityAuthBasic  ConnectivityAuthType = "basic"
	ConnectivityAuthBearer ConnectivityAuthType = "bearer"
)

// ConnectivityDetails say how an external agent is reached. An agent of type
// a2a has AgentURL, one of type curl has CurlCommand and the fields after it.
type ConnectivityDetails struct {
	// CustomHeaders are sent to the agent. Their values are secrets.
	CustomHeaders Secrets `json:"custom_headers,omitzero"`
	// AuthType is how the agent knows its caller. Default none.
	AuthType ConnectivityAuthType `json:"auth_type,omitempty"`
	// APIKeyHeaderName is the header that carries a key. Default "X-API-Key".
	APIKeyHeaderName string `json:"api_key_header_name,omitempty"`
	// AuthValue is the credential. It is a secret.
	AuthValue Secret `json:"auth_value,omitempty"`
	// AgentURL is where an A2A agent is.
	AgentURL string `json:"agent_url,omitempty"`
	// CurlCommand is the command that calls the agent. It is a secret, since
	// it may hold a credential.
	CurlCommand Secret `json:"curl_command,omitempty"`
	// InvokeURL is where the command sends its request.
	InvokeURL string `json:"invoke_url,omitempty"`
	// Method is the HTTP method of the request. Default "POST".
	Method string `json:"method,omitempty"`
	// PromptFieldName is the field of the request for the prompt.
	PromptFieldName string `json:"prompt_field_name,omitempty"`
	// FilesFieldName is the field of the request for files.
	FilesFieldName string `json:"files_field_name,omitempty"`
	// TaskIDFieldName is the field of the request for the task.
	TaskIDFieldName string `json:"task_id_field_name,omitempty"`
	// Raw is the object as the API wrote it, which may be of another shape.
	// If it is set, it is what the details are encoded to. It may hold
	// secrets.
	Raw json.RawMessage `json:"-"`
}

// Format prints the details without secrets.
func (d ConnectivityDetails) Format(state fmt.State, verb rune) {
	type plain ConnectivityDetails
	d.Raw = nil
	redact.Format(state, verb, plain(d))
}

// LogValue describes the details to log/slog without secrets.
func (d ConnectivityDetails) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%+v", d))
}

// UnmarshalJSON reads details. It accepts any value and keeps it in Raw.
func (d *ConnectivityDetails) UnmarshalJSON(data []byte) error {
	type plain ConnectivityDetails
	*d = ConnectivityDetails{}
	if read, err := wire.Decode[plain](data); err == nil {
		*d = ConnectivityDetails(*read)
	}
	if string(data) != "null" {
		d.Raw = slices.Clone(data)
	}
	return nil
}

// MarshalJSON returns Raw, or the other fields if it is not set.
func (d ConnectivityDetails) MarshalJSON() ([]byte, error) {
	if d.Raw != nil {
		return d.Raw, nil
	}
	type plain ConnectivityDetails
	return json.Marshal(plain(d))
}
