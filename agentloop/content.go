package agentloop

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/agentclients/agentclients-go/internal/wire"
)

// PartType says what a part of a message is. The API may add types.
type PartType string

// The documented types.
const (
	// PartText has Text.
	PartText PartType = "text"
	// PartImage has URL, or Base64 and MediaType.
	PartImage PartType = "image"
	// PartImageFile has ImageID and perhaps Filename.
	PartImageFile PartType = "image_file"
	// PartToolCall has ID, Name and Arguments. Only agents send it.
	PartToolCall PartType = "tool_call"
	// PartToolResult has ToolCallID, and Result or Error.
	PartToolResult PartType = "tool_result"
)

// ContentPart is one part of a message. Type says which of the other fields it
// has.
type ContentPart struct {
	// ID identifies a call of a tool.
	ID string `json:"id,omitempty"`
	// Type says what the part is.
	Type PartType `json:"type"`
	// Text is the text.
	Text string `json:"text,omitempty"`
	// URL is where the picture is.
	URL string `json:"url,omitempty"`
	// Base64 is the picture itself.
	Base64 string `json:"base64,omitempty"`
	// MediaType is the type of the picture, such as "image/png".
	MediaType string `json:"media_type,omitempty"`
	// ImageID names a picture that was uploaded.
	ImageID string `json:"image_id,omitempty"`
	// Filename is that picture's name for people.
	Filename string `json:"filename,omitempty"`
	// Name is the tool that is called.
	Name string `json:"name,omitempty"`
	// Arguments are what the tool is called with: JSON that the tool defines.
	Arguments json.RawMessage `json:"arguments,omitempty"`
	// ToolCallID is the call whose result it is.
	ToolCallID string `json:"tool_call_id,omitempty"`
	// Result is the result of the call: JSON that the tool defines.
	Result json.RawMessage `json:"result,omitempty"`
	// Error is what was wrong with the call, "" if nothing was.
	Error string `json:"error,omitempty"`

	// Raw is the whole part as it came, if its type is none of the documented
	// ones. If it is set it is sent as it is, and the other fields are not.
	Raw json.RawMessage `json:"-"`
}

// TextPart returns a part that is a text.
func TextPart(text string) ContentPart { return ContentPart{Type: PartText, Text: text} }

// MarshalJSON returns the part as it is sent.
func (p ContentPart) MarshalJSON() ([]byte, error) {
	if p.Raw != nil {
		return p.Raw, nil
	}
	type plain ContentPart
	var required map[string]any
	if p.Type == PartText {
		required = map[string]any{"text": p.Text} // also if it is empty
	}
	return wire.Encode(plain(p), required)
}

// UnmarshalJSON reads a part. One of a type that is not known is kept in Raw.
func (p *ContentPart) UnmarshalJSON(data []byte) error {
	type plain ContentPart
	*p = ContentPart{}
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(data, (*plain)(p)); err != nil && !errors.As(err, &mismatch) {
		return err
	}
	switch p.Type {
	case PartText, PartImage, PartImageFile, PartToolCall, PartToolResult:
	default:
		p.Raw = bytes.Clone(data)
	}
	return nil
}

// textOf returns the texts among some parts, joined.
func textOf(parts []ContentPart) string {
	if len(parts) == 1 && parts[0].Type == PartText {
		return parts[0].Text
	}
	var all strings.Builder
	for _, part := range parts {
		if part.Type == PartText {
			all.WriteString(part.Text)
		}
	}
	return all.String()
}
