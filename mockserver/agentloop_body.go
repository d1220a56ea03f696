package mockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// The limits of an agent, in bytes or items. Each is itself allowed.
const (
	agentloopMaxBody         = 2 << 20
	agentloopMaxName         = 2 << 10
	agentloopMaxDescription  = 10 << 10
	agentloopMaxSystemPrompt = 1 << 20
	agentloopMaxCapabilities = 250
)

// agentloopInput holds what a request says about an agent. What it does not
// say is nil.
type agentloopInput struct {
	id, name, systemPrompt, description, defaultModelID, status *string
	tags                                                        []string
	capabilities                                                []agentloopCapability
}

// readBody reads the JSON body of a request: of a whole agent, or of a change.
func (d agentloopDialect) readBody(x *exchange, whole bool) (agentloopInput, *answer) {
	refuse := func(a answer) (agentloopInput, *answer) { return agentloopInput{}, &a }
	if x.header.Get("Content-Type") == "" || !isJSON(x.header) {
		return refuse(x.refuse(http.StatusUnsupportedMediaType, "", "header Content-Type: expected application/json"))
	}
	if len(x.body) > agentloopMaxBody {
		return refuse(d.tooLarge(x))
	}
	members, err := parseObject(x.body)
	switch {
	case errors.Is(err, errNotObject):
		return refuse(d.mistyped(x, "invalid type: expected a map", "body: expected a JSON object, got another value"))
	case err != nil:
		return refuse(d.rejectSyntax(x, "Failed to parse the request body as JSON: "+agentloopSyntaxProblem(x.body, err), "body: "+err.Error()))
	}
	reader := agentloopReader{members: members, nullIsAbsent: !whole}
	input := reader.input()
	if whole {
		reader.require("name", input.name)
		reader.require("system_prompt", input.systemPrompt)
	}
	if reader.problem != "" {
		return refuse(d.mistyped(x, reader.problem, reader.reason))
	}
	return input, nil
}

func agentloopSyntaxProblem(body []byte, err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errEmptyBody):
		return "EOF while parsing a value at line 1 column 0"
	case errors.As(json.Unmarshal(body, new(json.RawMessage)), &syntax):
		read := string(body[:min(int(syntax.Offset), len(body))])
		return fmt.Sprintf("syntax error at line %d column %d",
			strings.Count(read, "\n")+1, len(read)-strings.LastIndex(read, "\n")-1)
	}
	return "invalid unicode code point"
}

func (d agentloopDialect) tooLarge(x *exchange) answer {
	return x.refuse(http.StatusRequestEntityTooLarge, "Failed to buffer the request body: length limit exceeded",
		fmt.Sprintf("body: expected at most %d bytes, got %d", agentloopMaxBody, len(x.body)))
}

// mistyped refuses JSON that does not fit.
func (d agentloopDialect) mistyped(x *exchange, problem, reason string) answer {
	return x.refuse(http.StatusUnprocessableEntity, agentloopErrors[http.StatusUnprocessableEntity]+": "+problem, reason)
}

// checkLimits refuses what is too long. The API never says what it was.
func (d agentloopDialect) checkLimits(x *exchange, input agentloopInput) *answer {
	refuse := func(pointer string, limit, got int, unit string) *answer {
		a := x.refuse(http.StatusBadRequest, "",
			fmt.Sprintf("%s: expected at most %d %s, got %d", pointer, limit, unit, got))
		return &a
	}
	for _, text := range []struct {
		pointer string
		value   *string
		limit   int
	}{
		{"/name", input.name, agentloopMaxName},
		{"/description", input.description, agentloopMaxDescription},
		{"/system_prompt", input.systemPrompt, agentloopMaxSystemPrompt},
	} {
		if text.value != nil && len(*text.value) > text.limit {
			return refuse(text.pointer, text.limit, len(*text.value), "bytes")
		}
	}
	if n := len(input.capabilities); n > agentloopMaxCapabilities {
		return refuse("/capabilities", agentloopMaxCapabilities, n, "items")
	}
	if input.defaultModelID != nil && !agentloopHasModel(*input.defaultModelID) {
		if x.variant(AgentloopKnownModels) {
			a := x.refuse(http.StatusInternalServerError, "", "/default_model_id: expected the id of a listed model, got another one")
			return &a
		}
		x.guess("agentloop.any-model")
	}
	return nil
}

// agentloopReader reads the members of an agent and keeps the first thing
// that is wrong with them.
type agentloopReader struct {
	members      object
	nullIsAbsent bool // for every member; otherwise only for those that may be null
	plainRefs    bool // a capability may be just its reference
	problem      string
	reason       string
}

func (r *agentloopReader) input() agentloopInput {
	return agentloopInput{
		id:             r.id("id", "agent"),
		name:           r.text("name", false),
		systemPrompt:   r.text("system_prompt", false),
		description:    r.text("description", true),
		defaultModelID: r.id("default_model_id", "model"),
		status:         r.status(),
		tags:           r.tags(),
		capabilities:   r.capabilities(),
	}
}

func (r *agentloopReader) fail(path, problem, pointer, expected string, got json.RawMessage) {
	if r.problem == "" {
		r.problem, r.reason = path+": "+problem, mismatch(pointer, expected, got)
	}
}

func (r *agentloopReader) require(name string, value *string) {
	if value == nil && r.problem == "" {
		r.problem = "missing field `" + name + "`"
		r.reason = mismatch("/"+name, "a string", nil)
	}
}

// given returns a member, unless it is absent or its null means the same.
func (r *agentloopReader) given(name string, nullable bool) (json.RawMessage, bool) {
	raw, ok := r.members[name]
	if ok && isNull(raw) && (nullable || r.nullIsAbsent) {
		return nil, false
	}
	return raw, ok
}

func (r *agentloopReader) text(name string, nullable bool) *string {
	raw, ok := r.given(name, nullable)
	if !ok {
		return nil
	}
	text, ok := asString(raw)
	if !ok {
		r.fail(name, "invalid type: expected a string", "/"+name, "a string", raw)
	}
	return &text
}

func (r *agentloopReader) id(name, prefix string) *string {
	id := r.text(name, true)
	if id == nil {
		return nil
	}
	if problem := agentloopIDProblem(prefix, *id); problem != "" {
		r.fail(name, problem, "/"+name, prefix+"_ and 32 lower-case hexadecimal digits", r.members[name])
	}
	return id
}

// status is read in changes only: a new agent is always active.
func (r *agentloopReader) status() *string {
	if !r.nullIsAbsent {
		return nil
	}
	status := r.text("status", true)
	if status != nil && *status != agentloopActive && *status != agentloopArchived {
		r.fail("status", "unknown variant, expected `active` or `archived`", "/status", "active or archived", r.members["status"])
	}
	return status
}

func (r *agentloopReader) tags() []string {
	raw, ok := r.given("tags", false)
	if !ok {
		return nil
	}
	items, ok := asArray(raw)
	if !ok {
		r.fail("tags", "invalid type: expected a sequence", "/tags", "an array of strings", raw)
	}
	tags := make([]string, len(items))
	for i, item := range items {
		if tags[i], ok = asString(item); !ok {
			r.fail(fmt.Sprintf("tags[%d]", i), "invalid type: expected a string", fmt.Sprintf("/tags/%d", i), "a string", item)
		}
	}
	return tags
}

func (r *agentloopReader) capabilities() []agentloopCapability {
	raw, ok := r.given("capabilities", false)
	if !ok {
		return nil
	}
	items, ok := asArray(raw)
	if !ok {
		r.fail("capabilities", "invalid type: expected a sequence", "/capabilities", "an array of objects", raw)
	}
	capabilities := make([]agentloopCapability, len(items))
	for i, item := range items {
		capabilities[i] = r.capability(i, item)
	}
	return capabilities
}

func (r *agentloopReader) capability(i int, raw json.RawMessage) (capability agentloopCapability) {
	path, pointer := fmt.Sprintf("capabilities[%d]", i), fmt.Sprintf("/capabilities/%d", i)
	if ref, ok := asString(raw); ok && r.plainRefs {
		capability.Ref = ref
		return capability
	}
	members, ok := asObject(raw)
	if !ok {
		r.fail(path, "invalid type: expected a map", pointer, "an object", raw)
		return capability
	}
	ref, there := members["ref"]
	if capability.Ref, ok = asString(ref); !there {
		r.fail(path, "missing field `ref`", pointer+"/ref", "a string", nil)
	} else if !ok {
		r.fail(path+".ref", "invalid type: expected a string", pointer+"/ref", "a string", ref)
	}
	if members.has("config") {
		capability.Config = compact(members["config"])
	}
	return capability
}
