// Package xpander emulates xpander.ai: the life of agents from a create over
// changes that are pending until a deploy to a delete, the tasks that they
// have when they are invoked, and the lists of both.
package xpander

import (
	"fmt"
	"html"
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// The variants.
const (
	// modelUpgrade responds with the model gpt-5.2 where gpt-4.1 was asked
	// for, or nothing.
	modelUpgrade = "model-upgrade"
	// stringInstructions takes and shows the role and the goal of the
	// instructions as one string each instead of lists.
	stringInstructions = "string-instructions"
	// queueFollowUps lets a turn wait for the one that its task still has.
	queueFollowUps = "queue-follow-ups"
	// shortTasks shows the few members of a task that some pages show.
	shortTasks = "short-tasks"
	// deleteMessage responds to the delete of a task with 202 and a message.
	deleteMessage = "delete-message"
)

// API returns the emulation of xpander.
func API() *emulate.API {
	const collection, one = "/v1/agents", "/v1/agents/{agent_id}"
	const tasks, task = "/v1/tasks", "/v1/tasks/{task_id}"
	return &emulate.API{
		Name:    "xpander",
		BaseURL: "https://api.xpander.ai",
		Operations: []emulate.Operation{
			{Name: "CreateAgent", Method: http.MethodPost, Path: collection, Body: createBody, Handler: emulate.With(createAgent)},
			{Name: "ListAgents", Method: http.MethodGet, Path: collection, Handler: emulate.With(listAgents)},
			{Name: "ListFullAgents", Method: http.MethodGet, Path: collection + "/full", Handler: emulate.With(listFullAgents)},
			{Name: "GetAgent", Method: http.MethodGet, Path: one, Handler: emulate.With(getAgent)},
			{Name: "UpdateAgent", Method: http.MethodPatch, Path: one, Body: updateBody, Handler: emulate.With(updateAgent)},
			{Name: "DeployAgent", Method: http.MethodPut, Path: one, Handler: emulate.With(deployAgent)},
			{Name: "DeleteAgent", Method: http.MethodDelete, Path: one, Handler: emulate.With(deleteAgent)},
			{Name: "InvokeAgent", Method: http.MethodPost, Path: one + "/invoke", Body: invokeBody, Handler: emulate.With(invokeAgent)},
			{Name: "StartTask", Method: http.MethodPost, Path: one + "/invoke/async", Body: invokeBody, Handler: emulate.With(startTask)},
			{Name: "StreamTask", Method: http.MethodPost, Path: one + "/invoke/stream", Body: invokeBody, Handler: emulate.With(streamTask)},
			{Name: "ListAgentTasks", Method: http.MethodGet, Path: one + "/tasks", Handler: emulate.With(listAgentTasks)},
			{Name: "ListTasks", Method: http.MethodGet, Path: tasks, Handler: emulate.With(listTasks)},
			{Name: "GetTask", Method: http.MethodGet, Path: task, Handler: emulate.With(getTask)},
			{Name: "DeleteTask", Method: http.MethodDelete, Path: task, Handler: emulate.With(deleteTask)},
			{Name: "StopTask", Method: http.MethodPost, Path: task + "/stop", Handler: emulate.With(stopTask)},
			{Name: "GetThread", Method: http.MethodGet, Path: task + "/thread", Handler: emulate.With(getThread)},
			{Name: "GetFullThread", Method: http.MethodGet, Path: task + "/thread/full", Handler: emulate.With(getFullThread)},
		},
		NotEmulated: []string{"knowledge bases", "tools and toolkits", "export and templates"},
		Variants:    []string{modelUpgrade, stringInstructions, queueFollowUps, shortTasks, deleteMessage},
		Credentials: emulate.KeyHeaders,
		Secrets:     jsontext.NewSecrets([]string{"user_oidc_token"}, []string{"llm_extra_headers", "user_tokens"}, []string{"llm_credentials"}),
		Limits: emulate.Limits{
			Limits:  []emulate.Limit{{Requests: 100, Per: time.Minute}, {Requests: 1000, Per: time.Hour}},
			Headers: true,
			Always:  true,
		},
		NewState:     func() any { return new(state) },
		Agents:       agents,
		Runs:         runs,
		Advance:      advance,
		Authenticate: authenticate,
		Refuse:       refuse,
	}
}

// state is what xpander remembers.
type state struct {
	Agents emulate.Collection[record] `json:"agents"`
	// UniqueNames maps the unique names of each organization to agent ids.
	UniqueNames emulate.Collection[string] `json:"unique_names"`
	// Tasks are by id, too, which the caller may choose.
	Tasks emulate.Collection[taskRecord] `json:"tasks"`

	running []activeTask // see active
	listed  bool
}

func agents(s any) []emulate.Agent {
	return emulate.AgentsOf(&s.(*state).Agents, func(r *record) *emulate.Agent {
		return &emulate.Agent{ID: r.ID, Name: r.Name, JSON: jsontext.MustMarshal(r.agent)}
	})
}

func authenticate(r *emulate.Request) (credential string, refusal error) {
	key, problem := r.Key()
	if problem != "" {
		return "", refuse(r, http.StatusUnauthorized, "").Because(problem).Refuse()
	}
	return key, nil
}

// errorBody is the body of every error. Its detail is a text, or a list of
// problems with 422.
type errorBody struct {
	Detail any `json:"detail"`
}

// errorTexts are the usual texts.
var errorTexts = map[int]string{
	http.StatusUnauthorized:        "Invalid or missing API key",
	http.StatusNotFound:            "Agent not found",
	http.StatusTooManyRequests:     "Rate limit exceeded",
	http.StatusInternalServerError: "Internal Server Error",
}

func refuse(r *emulate.Request, status int, message string) emulate.Response {
	noRoute := status == http.StatusNotFound && r.Operation == nil // then no agent was looked for
	if message == "" && !noRoute {
		message = errorTexts[status]
	}
	if message == "" {
		message = http.StatusText(status)
	}
	switch status {
	case http.StatusUnprocessableEntity:
		return emulate.JSON(status, errorBody{[]problem{{Loc: []any{"body"}, Msg: message, Type: "value_error"}}})
	case http.StatusBadGateway: // comes from the gateway before the API
		page := fmt.Sprintf("<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>%s</h1></body>\n</html>\n", html.EscapeString(message))
		return emulate.Response{
			Status: status,
			Header: http.Header{"Content-Type": {"text/html"}},
			Body:   []byte(page),
		}
	}
	return emulate.JSON(status, errorBody{message})
}
