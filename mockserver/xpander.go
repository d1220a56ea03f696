package mockserver

import (
	"fmt"
	"html"
	"net/http"
)

// The operations of xpander.
const (
	XpanderCreateAgent    Op = "xpander.CreateAgent"
	XpanderListAgents     Op = "xpander.ListAgents"
	XpanderListFullAgents Op = "xpander.ListFullAgents"
	XpanderGetAgent       Op = "xpander.GetAgent"
	XpanderUpdateAgent    Op = "xpander.UpdateAgent"
	XpanderDeployAgent    Op = "xpander.DeployAgent"
	XpanderDeleteAgent    Op = "xpander.DeleteAgent"
)

// The variants of xpander.
const (
	// XpanderModelUpgrade answers the model gpt-5.2 where gpt-4.1 was asked
	// for, or nothing.
	XpanderModelUpgrade Variant = "xpander@model-upgrade"
	// XpanderStringInstructions takes and answers the role and the goal of
	// the instructions as one string each instead of lists.
	XpanderStringInstructions Variant = "xpander@string-instructions"
)

// xpanderDialect emulates the agents of xpander.ai. The credential is also
// the organization whose agents a request sees.
type xpanderDialect struct{ keyHeader }

// xpanderState is what xpander remembers.
type xpanderState struct {
	Agents collection[xpanderRecord] `json:"agents"`
	// UniqueNames maps the unique names of each organization to agent ids.
	UniqueNames collection[string] `json:"unique_names"`
}

func (xpanderDialect) api() API { return Xpander }

func (d xpanderDialect) operations() []operation {
	const collection, one = "/v1/agents", "/v1/agents/{agent_id}"
	return []operation{
		{XpanderCreateAgent, http.MethodPost, collection, xpanderCreateFields, d.createAgent, xpanderInnerShape},
		{XpanderListAgents, http.MethodGet, collection, nil, d.listAgents, nil},
		{XpanderListFullAgents, http.MethodGet, collection + "/full", nil, d.listFullAgents, nil},
		{XpanderGetAgent, http.MethodGet, one, nil, d.getAgent, nil},
		{XpanderUpdateAgent, http.MethodPatch, one, xpanderUpdateFields, d.updateAgent, xpanderInnerShape},
		{XpanderDeployAgent, http.MethodPut, one, nil, d.deployAgent, nil},
		{XpanderDeleteAgent, http.MethodDelete, one, nil, d.deleteAgent, nil},
	}
}

func (xpanderDialect) variants() []Variant {
	return []Variant{XpanderModelUpgrade, XpanderStringInstructions}
}

func (xpanderDialect) newState() any { return new(xpanderState) }

func (xpanderDialect) agents(state any) []Agent {
	return agentsOf(&state.(*xpanderState).Agents, func(r *xpanderRecord) *Agent {
		return &Agent{ID: r.ID, Name: r.Name, JSON: mustMarshal(r.xpanderAgent)}
	})
}

func (d xpanderDialect) serve(x *exchange) answer {
	key := d.credential(x.header)
	if !x.acceptsKey(key) {
		return x.refuse(http.StatusUnauthorized, "", d.refused(key))
	}
	x.tenant = fingerprint(key)
	if a, over := x.limited(key); over {
		return a
	}
	return x.dispatch(func(status int, reason string) answer {
		return x.refuse(status, http.StatusText(status), reason)
	})
}

// xpanderDetail is the body of every error. Its detail is a text, or a list
// of xpanderProblem with 422.
type xpanderDetail struct {
	Detail any `json:"detail"`
}

// xpanderErrors are the usual texts.
var xpanderErrors = map[int]string{
	http.StatusUnauthorized:        "Invalid or missing API key",
	http.StatusNotFound:            "Agent not found",
	http.StatusTooManyRequests:     "Rate limit exceeded",
	http.StatusInternalServerError: "Internal Server Error",
}

func (xpanderDialect) failure(x *exchange, status int, message string) answer {
	if message == "" {
		message = xpanderErrors[status]
	}
	if message == "" {
		message = http.StatusText(status)
	}
	switch status {
	case http.StatusUnprocessableEntity:
		return jsonAnswer(status, xpanderDetail{[]xpanderProblem{{Loc: []any{"body"}, Msg: message, Type: "value_error"}}})
	case http.StatusBadGateway: // comes from the gateway before the API
		page := fmt.Sprintf("<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>%s</h1></body>\n</html>\n", html.EscapeString(message))
		return answer{
			status: status,
			header: http.Header{"Content-Type": {"text/html"}},
			body:   []byte(page),
		}
	}
	return jsonAnswer(status, xpanderDetail{message})
}
