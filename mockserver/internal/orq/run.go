package orq

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// runBody is the body that makes an agent, or a new version of it, and runs
// it. Its tools are defined in place.
var runBody = createBody.Without("description", "settings", "display_name", "skills", "source").With(
	schema.Optional("description", schema.String(1, 0)),
	schema.Required("settings", schema.Object(settingsShape.Without("tools").With(
		schema.Optional("tools", listOf(schema.Object(inlineToolShape)))))),
).With(invokeBody.Without("variables", "engine", "configuration")...)

var streamRunBody = runBody.With(streamTimeout)

// inlineToolShape is a tool that is defined in place.
var inlineToolShape = toolShape.Without("id", "tool_id").With(
	schema.Optional("_id", schema.Text),
	schema.Optional("display_name", schema.Text),
	schema.Optional("description", schema.Text),
	schema.Optional("http", schema.AnyObject),
	schema.Optional("code_tool", schema.AnyObject),
	schema.Optional("function", schema.Object(schema.Names("description", "strict", "parameters").With(schema.Required("name", schema.Text)))),
	schema.Optional("json_schema", schema.AnyObject),
	schema.Optional("mcp", schema.AnyObject),
)

// inlineTools says which member defines a tool of each type that has one.
var inlineTools = map[string]string{"http": "http", "code": "code_tool", "function": "function", "json_schema": "json_schema", "mcp": "mcp"}

// inlineToolKey is what the key of a tool that is defined in place must be.
var inlineToolKey = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9]*([_-][A-Za-z0-9]+)*)?$`)

// checkInlineTools finds what the shape of the body does not say.
func checkInlineTools(tools []json.RawMessage) (violations []schema.Violation) {
	for i, raw := range tools {
		members, _ := jsontext.Members(raw)
		kind, _ := jsontext.String(members["type"])
		definition := inlineTools[kind]
		if definition == "" {
			continue
		}
		for _, name := range []string{"key", definition} {
			if !members.Has(name) {
				violations = append(violations, schema.Violation{Path: []any{"settings", "tools", i, name}, Problem: schema.Missing})
			}
		}
		if key, ok := jsontext.String(members["key"]); ok && (!inlineToolKey.MatchString(key) || len(key) > 64) {
			violations = append(violations, schema.Violation{
				Path: []any{"settings", "tools", i, "key"}, Problem: schema.NoMatch, Detail: inlineToolKey.String(), Got: members["key"],
			})
		}
	}
	return violations
}

func runAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	return s.runAgent(r, s.invoke)
}

func streamRun(r *emulate.Request, s *state) (emulate.Response, error) {
	return s.runAgent(r, s.streamTask)
}

// runAgent makes an agent if there is none of the key, and lets respond begin
// a turn of it. One of another configuration becomes a new version of itself
// behind the run.
func (s *state) runAgent(r *emulate.Request, respond func(*emulate.Request, order, jsontext.Object) emulate.Response) (emulate.Response, error) {
	body, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	given, _ := jsontext.Members(body["settings"])
	tools, _ := jsontext.Items(given["tools"])
	if violations := checkInlineTools(tools); len(violations) > 0 {
		return emulate.Response{}, refuseInput(r, "invalid_request_body", "Invalid request body", violations)
	}
	key, _ := jsontext.String(body["key"])
	found := s.Agents.Get(r.Tenant, key)
	o, err := s.readOrder(r, found, body)
	if err != nil {
		return emulate.Response{}, err
	}
	w := s.workspaceOf(r)
	a := newAgent(s.freeID(r), key)
	a.Created, a.CreatedByID, a.WorkspaceID = r.Now().Format(timeLayout), w.UserID, w.ID
	if found != nil {
		a.ID, a.Created, a.CreatedByID, a.Source, a.DisplayName, a.Skills = found.ID, found.Created, found.CreatedByID, found.Source, found.DisplayName, found.Skills
		a.Settings.Tools, a.Version, a.Metrics, a.Status = found.Settings.Tools, found.Version, found.Metrics, found.Status
	}
	before := a.Settings.Tools
	a.Settings.Tools, a.Settings.ToolApprovalRequired = []tool{}, "none"
	a.change(r, w, body)
	if tools != nil {
		a.Settings.Tools = expandTools(r, tools, before)
		defineTools(a.Settings.Tools, tools)
	}
	a.Updated, a.UpdatedByID = r.Now().Format(timeLayout), w.UserID
	a.VersionHash = a.hash()
	o.agent = a
	r.Remember(func() { s.keep(r, w) })
	switch {
	case found == nil:
		r.Commit(func() { s.Agents.Add(r.Tenant, key, a) })
	case found.VersionHash == a.VersionHash:
		o.agent = found
	default:
		r.Guess("version")
		a.Version = nextVersion(found.Version, "patch")
		o.becomes = a
	}
	if o.task == nil {
		o.task = s.newTask(r, a)
	}
	return respond(r, o, body), nil
}

// defineTools adds to tools what defines them in place. Of the others than
// functions nothing is needed, and some hold secrets.
func defineTools(tools []tool, given []json.RawMessage) {
	for i, raw := range given {
		members, _ := jsontext.Members(raw)
		if members.Has("function") && tools[i].ActionType == "function" {
			tools[i].Configuration = jsontext.MustMarshal(map[string]json.RawMessage{"function": jsontext.Compact(members["function"])})
		}
	}
}

// replace stores an agent in the place of an older version of it, which can
// still be run.
func (s *state) replace(tenant string, a *agent) {
	found := s.Agents.Get(tenant, a.Key)
	if found == nil || found.ID != a.ID {
		return // it was deleted or renamed while it ran
	}
	s.Versions.Add(tenant, versionID(found), found)
	s.Agents.Add(tenant, a.Key, a)
}

// forget drops the older versions of an agent.
func (s *state) forget(tenant string, a *agent) {
	var older []string
	for v := range s.Versions.OldestFirst(tenant) {
		if v.ID == a.ID {
			older = append(older, versionID(v))
		}
	}
	for _, id := range older {
		s.Versions.Remove(tenant, id)
	}
}

// firstVersion is that of an agent that never got another one.
const firstVersion = "1.0.0"

// versionID names a version of an agent.
func versionID(a *agent) string { return a.ID + "@" + cmp.Or(a.Version, firstVersion) }

// findVersion finds the agent to run: by its key or its _id, perhaps in a
// version of its own. If there is none, it says why.
func (s *state) findVersion(tenant, name string) (a *agent, reason string) {
	key, version, versioned := strings.Cut(name, "@")
	if a = s.Agents.Get(tenant, key); a == nil {
		for other := range s.Agents.OldestFirst(tenant) {
			if other.ID == key {
				a = other
				break
			}
		}
	}
	switch {
	case a == nil:
		return nil, "the workspace of this token has no agent with the key " + jsontext.Excerpt(key)
	case !versioned || version == "latest" || version == cmp.Or(a.Version, firstVersion):
		return a, ""
	}
	if before := s.Versions.Get(tenant, a.ID+"@"+version); before != nil {
		return before, ""
	}
	return nil, "the agent has no version " + jsontext.Excerpt(version)
}
