package mockserver

import (
	"encoding/json"
	"net/http"
)

// omniflowChange holds the members of a request body that were given.
type omniflowChange struct {
	name, llmModel     *string
	settings, ttsModel json.RawMessage
}

// omniflowProblem is the first thing that is wrong with a request body.
type omniflowProblem struct{ message, reason string }

// withBody reads the JSON object that the request must carry.
func (d omniflowDialect) withBody(handle func(*exchange, object) answer) func(*exchange) answer {
	return func(x *exchange) answer {
		if !isJSON(x.header) {
			return x.refuse(http.StatusBadRequest, "Content-Type must be application/json",
				"header Content-Type: expected application/json, got another type")
		}
		members, err := parseObject(x.body)
		if err != nil {
			return x.refuse(http.StatusBadRequest, err.Error(), "body: expected a JSON object; "+err.Error())
		}
		return handle(x, members)
	}
}

// omniflowReadCreate reads the body of a create. strict refuses one without
// llmModel.
func omniflowReadCreate(members object, strict bool) (omniflowChange, *omniflowProblem) {
	required := []string{"name"}
	if strict {
		required = append(required, "llmModel")
	}
	for _, name := range required {
		if text, isText := asString(members[name]); !members.has(name) || isText && text == "" {
			return omniflowChange{}, &omniflowProblem{
				name + " is required",
				mismatch("/"+name, "a string that is not empty", members[name]),
			}
		}
	}
	delete(members, "ttsModel") // known to an update only
	return omniflowReadUpdate(members)
}

// omniflowReadUpdate reads the body of an update, in which everything is
// optional.
func omniflowReadUpdate(members object) (change omniflowChange, problem *omniflowProblem) {
	if change.name, problem = omniflowText(members, "name"); problem != nil {
		return change, problem
	}
	if change.llmModel, problem = omniflowText(members, "llmModel"); problem != nil {
		return change, problem
	}
	if change.ttsModel, problem = omniflowObject(members, "ttsModel"); problem != nil {
		return change, problem
	}
	voice, _ := asObject(change.ttsModel)
	for _, name := range []string{"provider", "voiceId"} {
		if raw, given := voice[name]; given {
			if _, ok := asString(raw); !ok {
				return change, &omniflowProblem{
					"ttsModel." + name + " must be a string",
					mismatch("/ttsModel/"+name, "a string", raw),
				}
			}
		}
	}
	change.settings, problem = omniflowObject(members, "settings")
	return change, problem
}

// omniflowText reads an optional member that is a string and not empty.
func omniflowText(members object, name string) (*string, *omniflowProblem) {
	raw, given := members[name]
	if !given {
		return nil, nil
	}
	text, ok := asString(raw)
	if text != "" {
		return &text, nil
	}
	reason := mismatch("/"+name, "a string that is not empty", raw)
	if !ok {
		return nil, &omniflowProblem{name + " must be a string", reason}
	}
	return nil, &omniflowProblem{name + " must not be empty", reason}
}

// omniflowObject reads an optional member that is an object and kept as it is.
func omniflowObject(members object, name string) (json.RawMessage, *omniflowProblem) {
	raw, given := members[name]
	if !given {
		return nil, nil
	}
	if raw[0] != '{' {
		return nil, &omniflowProblem{name + " must be an object", mismatch("/"+name, "an object", raw)}
	}
	return compact(raw), nil
}
