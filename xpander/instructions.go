package xpander

import "encoding/json"

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
	var read struct {
		Role    statements `json:"role"`
		Goal    statements `json:"goal"`
		General string     `json:"general"`
	}
	json.Unmarshal(data, &read) //nolint:errcheck // a member of another type stays empty
	*i = Instructions{Role: read.Role, Goal: read.Goal, General: read.General}
	return nil
}

// statements is a list of strings that may have been written as one string.
type statements []string

func (s *statements) UnmarshalJSON(data []byte) error {
	var text string
	if data[0] == '"' && json.Unmarshal(data, &text) == nil {
		*s = []string{text}
		return nil
	}
	json.Unmarshal(data, (*[]string)(s)) //nolint:errcheck // an item of another type stays empty
	return nil
}
