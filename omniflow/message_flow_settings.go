package omniflow

import (
	"encoding/json"
	"math"

	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// MessageFlowSettings are the settings of a message flow.
type MessageFlowSettings struct {
	// ResponseSettings say when messages are sent. Nil: as the API likes.
	ResponseSettings *ResponseSettings `json:"responseSettings,omitempty"`
	// Security says how messages are kept. Nil: as the API likes.
	Security *SecuritySettings `json:"security,omitempty"`
	// EmailSettings are those of the channel Email. Nil: none.
	EmailSettings *EmailSettings `json:"emailSettings,omitempty"`
	// KnowledgeBases are what the agent may look up. The API shows the list
	// and does not document its items. Nil leaves it out.
	KnowledgeBases []json.RawMessage `json:"knowledgeBases,omitzero"`

	// ExtraFields are the members that this package does not know: those that
	// a response has are kept here, and are sent last. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// ResponseSettings say when the messages of a flow are sent.
type ResponseSettings struct {
	// Delay is how many seconds a message that is sent by itself waits before.
	// Nil: as the API likes.
	Delay *float64 `json:"delay,omitempty"`
	// WorkingHours are when the agent works. Nil: as the API likes.
	WorkingHours *WorkingHours `json:"workingHours,omitempty"`

	// ExtraFields are the members that this package does not know: those that
	// a response has are kept here, and are sent last. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// WorkingHours are when an agent works. Nil fields are left out.
type WorkingHours struct {
	// Enabled says whether they count.
	Enabled *bool `json:"enabled,omitempty"`
	// Start is when they begin, such as "09:00".
	Start *string `json:"start,omitempty"`
	// End is when they end, such as "17:00".
	End *string `json:"end,omitempty"`
	// Timezone is the time zone of Start and End, such as "UTC".
	Timezone *string `json:"timezone,omitempty"`
	// OutOfHoursMessage is what a contact is told outside of them.
	OutOfHoursMessage *string `json:"outOfHoursMessage,omitempty"`

	// ExtraFields are the members that this package does not know: those that
	// a response has are kept here, and are sent last. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// SecuritySettings say how messages are kept.
type SecuritySettings struct {
	// HIPAACompliance asks for what health data needs in the USA. Nil leaves
	// it out.
	HIPAACompliance *bool `json:"hipaaCompliance,omitempty"`

	// ExtraFields are the members that this package does not know: those that
	// a response has are kept here, and are sent last. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// EmailSettings are settings of mails.
type EmailSettings struct {
	// SubjectLine is the subject of the mails. Nil leaves it out.
	SubjectLine *string `json:"subjectLine,omitempty"`
	// Signature stands at the end of the mails. Nil leaves it out.
	Signature *string `json:"signature,omitempty"`

	// ExtraFields are the members that this package does not know: those that
	// a response has are kept here, and are sent last. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

type (
	plainSettings         MessageFlowSettings
	plainResponseSettings ResponseSettings
	plainWorkingHours     WorkingHours
	plainSecurity         SecuritySettings
	plainEmail            EmailSettings
)

// MarshalJSON returns the settings as they are sent: with ExtraFields.
func (s MessageFlowSettings) MarshalJSON() ([]byte, error) {
	return wire.Encode(plainSettings(s), s.ExtraFields)
}

// UnmarshalJSON reads settings. What this package does not know is kept in
// ExtraFields, and what is no object is read as none.
func (s *MessageFlowSettings) UnmarshalJSON(data []byte) error {
	*s = MessageFlowSettings{}
	if read, err := wire.Decode[plainSettings](data); err == nil {
		*s = MessageFlowSettings(*read)
		s.ExtraFields = wire.Rest[plainSettings](data)
	}
	return nil
}

// MarshalJSON returns the settings as they are sent: with ExtraFields.
func (s ResponseSettings) MarshalJSON() ([]byte, error) {
	return wire.Encode(plainResponseSettings(s), s.ExtraFields)
}

// UnmarshalJSON reads settings. What this package does not know is kept in
// ExtraFields, and what is no object is read as none.
func (s *ResponseSettings) UnmarshalJSON(data []byte) error {
	*s = ResponseSettings{}
	if read, err := wire.Decode[plainResponseSettings](data); err == nil {
		*s = ResponseSettings(*read)
		s.ExtraFields = wire.Rest[plainResponseSettings](data)
	}
	return nil
}

// MarshalJSON returns the working hours as they are sent: with ExtraFields.
func (h WorkingHours) MarshalJSON() ([]byte, error) {
	return wire.Encode(plainWorkingHours(h), h.ExtraFields)
}

// UnmarshalJSON reads working hours. What this package does not know is kept in
// ExtraFields, and what is no object is read as none.
func (h *WorkingHours) UnmarshalJSON(data []byte) error {
	*h = WorkingHours{}
	if read, err := wire.Decode[plainWorkingHours](data); err == nil {
		*h = WorkingHours(*read)
		h.ExtraFields = wire.Rest[plainWorkingHours](data)
	}
	return nil
}

// MarshalJSON returns the settings as they are sent: with ExtraFields.
func (s SecuritySettings) MarshalJSON() ([]byte, error) {
	return wire.Encode(plainSecurity(s), s.ExtraFields)
}

// UnmarshalJSON reads settings. What this package does not know is kept in
// ExtraFields, and what is no object is read as none.
func (s *SecuritySettings) UnmarshalJSON(data []byte) error {
	*s = SecuritySettings{}
	if read, err := wire.Decode[plainSecurity](data); err == nil {
		*s = SecuritySettings(*read)
		s.ExtraFields = wire.Rest[plainSecurity](data)
	}
	return nil
}

// MarshalJSON returns the settings as they are sent: with ExtraFields.
func (s EmailSettings) MarshalJSON() ([]byte, error) {
	return wire.Encode(plainEmail(s), s.ExtraFields)
}

// UnmarshalJSON reads settings. What this package does not know is kept in
// ExtraFields, and what is no object is read as none.
func (s *EmailSettings) UnmarshalJSON(data []byte) error {
	*s = EmailSettings{}
	if read, err := wire.Decode[plainEmail](data); err == nil {
		*s = EmailSettings(*read)
		s.ExtraFields = wire.Rest[plainEmail](data)
	}
	return nil
}

func (s *MessageFlowSettings) validate(problems *validate.Problems) {
	if s == nil || s.ResponseSettings == nil || s.ResponseSettings.Delay == nil {
		return
	}
	if delay := *s.ResponseSettings.Delay; !(delay >= 0) || math.IsInf(delay, 0) {
		problems.Add("settings.responseSettings.delay", "must be a number that is not negative")
	}
}
