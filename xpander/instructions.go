package xpander

import "github.com/agentclients/agentclients-go/internal/wire"

// Instructions tell an agent who it is and what to do.
type Instructions struct {
	// Role says who the agent is, one statement each. Default none.
	Role []string `json:"role,omitzero"`
	// Goal says what the agent is to achieve, one statement each. Default
	// none.
	Goal []string `json:"goal,omitzero"`
	// General is everything else. Default "".
	General string `json:"general"`
}

// UnmarshalJSON reads instructions. A role or a goal that is one string, as
// some clients write them, becomes a list of one.
func (i *Instructions) UnmarshalJSON(data []byte) error {
	type plain struct {
		Role    statements `json:"role"`
		Goal    statements `json:"goal"`
		General string     `json:"general"`
	}
	*i = Instructions{}
	if read, err := wire.Decode[plain](data); err == nil {
		*i = Instructions{Role: read.Role, Goal: read.Goal, General: read.General}
	}
	return nil
}

// statements is a list of strings that may have been written as one string.
type statements []string

func (s *statements) UnmarshalJSON(data []byte) error {
	*s = nil
	if text := wire.Scalar(data); text != "" {
		*s = []string{text}
	} else if string(data) != "null" {
		*s, _ = wire.DecodeArray[string](data)
	}
	return nil
}
