package orq

import (
	"bytes"
	"encoding/json"

	"github.com/agentclients/agentclients-go/internal/wire"
)

// The values here have several forms in JSON.

// ResponseFormatType is the form of a model's answer.
type ResponseFormatType string

// The documented forms.
const (
	// ResponseFormatText is plain text.
	ResponseFormatText ResponseFormatType = "text"
	// ResponseFormatJSONObject is any JSON object.
	ResponseFormatJSONObject ResponseFormatType = "json_object"
	// ResponseFormatJSONSchema is JSON that follows a schema.
	ResponseFormatJSONSchema ResponseFormatType = "json_schema"
)

// ResponseFormat is the form of a model's answer. The zero value leaves it
// out.
type ResponseFormat struct {
	// Type is the form.
	Type ResponseFormatType `json:"type"`
	// JSONSchema is the schema to follow, for ResponseFormatJSONSchema only.
	JSONSchema *JSONSchema `json:"json_schema,omitempty"`

	// Raw is a value of another form, as it came. If it is set, it is sent
	// in the place of everything else.
	Raw json.RawMessage `json:"-"`
}

// JSONSchema is a schema for a model's answer.
type JSONSchema struct {
	// Description tells the model what the response is for. "" leaves it out.
	Description string `json:"description,omitempty"`
	// Name is the name of the schema: up to 64 letters, digits, _ and -.
	// Required.
	Name string `json:"name"`
	// Schema is a JSON Schema: anything that encodes to one. Nil leaves it out.
	Schema any `json:"schema,omitempty"`
	// Strict makes the model follow the schema to the letter. Nil leaves it
	// out.
	Strict *bool `json:"strict,omitempty"`
}

// MarshalJSON returns the format as an object.
func (f ResponseFormat) MarshalJSON() ([]byte, error) {
	if f.Raw != nil {
		return f.Raw, nil
	}
	type plain ResponseFormat
	return wire.Encode(plain(f), nil)
}

// UnmarshalJSON reads a format of a documented type, and keeps anything else
// in Raw.
func (f *ResponseFormat) UnmarshalJSON(data []byte) error {
	*f = ResponseFormat{}
	if isNull(data) {
		return nil
	}
	type plain ResponseFormat
	if format, err := wire.Decode[plain](data); err == nil {
		*f = ResponseFormat(*format)
	}
	switch f.Type {
	case ResponseFormatText, ResponseFormatJSONObject, ResponseFormatJSONSchema:
	default:
		*f = ResponseFormat{Type: f.Type, Raw: bytes.Clone(data)}
	}
	return nil
}

// Stop are the texts at which a model stops writing. In JSON it is a string
// if there is one, else an array. The zero value leaves it out.
type Stop struct {
	// Sequences are the texts, at most 4.
	Sequences []string

	// Raw is a value of another form, as it came. If it is set, it is sent
	// in the place of Sequences.
	Raw json.RawMessage
}

// MarshalJSON returns the texts as a string or an array.
func (s Stop) MarshalJSON() ([]byte, error) {
	if s.Raw != nil {
		return s.Raw, nil
	}
	if len(s.Sequences) == 1 {
		return wire.Encode(s.Sequences[0], nil)
	}
	return wire.Encode(s.Sequences, nil)
}

// UnmarshalJSON reads a string or an array of strings, and keeps anything
// else in Raw.
func (s *Stop) UnmarshalJSON(data []byte) error {
	*s = Stop{}
	if isNull(data) {
		return nil
	}
	var one string
	var several []string
	if json.Unmarshal(data, &one) == nil {
		s.Sequences = []string{one}
	} else if json.Unmarshal(data, &several) == nil {
		s.Sequences = several
	} else {
		s.Raw = bytes.Clone(data)
	}
	return nil
}

// ToolChoiceMode says whether a model calls a tool. The API may add modes.
type ToolChoiceMode string

// The documented modes.
const (
	// ToolChoiceNone: it must not call any.
	ToolChoiceNone ToolChoiceMode = "none"
	// ToolChoiceAuto: it may.
	ToolChoiceAuto ToolChoiceMode = "auto"
	// ToolChoiceRequired: it must call at least one.
	ToolChoiceRequired ToolChoiceMode = "required"
)

// ToolChoice says whether a model calls a tool, or which. In JSON it is the
// mode as a string, or an object that names a function. The zero value leaves
// it out.
type ToolChoice struct {
	// Mode says whether to call a tool.
	Mode ToolChoiceMode
	// Function is the name of the function to call, instead of a mode.
	Function string

	// Raw is a value of another form, as it came. If it is set, it is sent
	// in the place of everything else.
	Raw json.RawMessage
}

// toolChoiceFunction is the object that names a function.
type toolChoiceFunction struct {
	Type     string `json:"type"`
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
}

// MarshalJSON returns the mode, or the object that names the function.
func (c ToolChoice) MarshalJSON() ([]byte, error) {
	if c.Raw != nil {
		return c.Raw, nil
	}
	if c.Function == "" {
		return wire.Encode(c.Mode, nil)
	}
	object := toolChoiceFunction{Type: "function"}
	object.Function.Name = c.Function
	return wire.Encode(object, nil)
}

// UnmarshalJSON reads a mode or an object that names a function, and keeps
// anything else in Raw.
func (c *ToolChoice) UnmarshalJSON(data []byte) error {
	*c = ToolChoice{}
	if isNull(data) {
		return nil
	}
	if mode := wire.String(data); mode != "" {
		c.Mode = ToolChoiceMode(mode)
		return nil
	}
	// The type may be missing: there is only one.
	object := toolChoiceFunction{Type: "function"}
	if json.Unmarshal(data, &object) == nil && object.Type == "function" && object.Function.Name != "" {
		c.Function = object.Function.Name
		return nil
	}
	c.Raw = bytes.Clone(data)
	return nil
}
