package orq

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// The states of a response of the router.
const (
	queued     = "queued"
	inProgress = "in_progress"
	incomplete = "incomplete"
)

// responsePrefix begins the ids of responses on the router.
const responsePrefix = "resp_"

// agentPrefix begins a model that is an agent.
const agentPrefix = "agent/"

// nullable is a member that may be null, which is as if it were not there.
func nullable(name string, rule schema.Rule) schema.Member {
	return schema.Optional(name, schema.Nullable(rule))
}

// responseBody is the body of the router.
var responseBody = schema.Shape{
	schema.Required("model", schema.NotEmpty(schema.Text)),
	schema.Required("input", schema.StringOr(schema.Text, '[', schema.List(inputItem, 1, 0))),
	nullable("background", schema.Boolean),
	nullable("store", schema.Boolean),
	nullable("stream", schema.Boolean),
	nullable("previous_response_id", schema.Text),
	nullable("conversation", schema.Object(schema.Shape{schema.Required("id", schema.Text)})),
	nullable("instructions", schema.Text),
	nullable("metadata", schema.Map(schema.Text)),
	nullable("variables", schema.AnyObject),
	nullable("identity", schema.Object(schema.Names("display_name", "email", "metadata", "tags").With(schema.Required("id", schema.Text)))),
	nullable("thread", schema.Object(schema.Names("tags").With(schema.Required("id", schema.Text)))),
	nullable("memory", schema.Object(schema.Shape{schema.Required("entity_id", schema.Text)})),
	nullable("limits", schema.Object(schema.Names("max_execution_time", "max_cost", "max_depth", "tool_timeout").With(
		nullable("max_iterations", schema.Integer(1, schema.Unlimited))))),
	nullable("tools", listOf(schema.Object(schema.Names("name", "description", "parameters", "strict", "cache_control", "key", "headers", "server_url",
		"server_description", "allowed_tools", "tool_id", "files", "network", "model", "max_tokens", "max_transcript_tokens", "max_uses",
		"reasoning_effort", "temperature", "output_format", "system_prompt").With(schema.Required("type", schema.Text))))),
	nullable("tool_choice", schema.StringOr(schema.Text, '{', schema.AnyObject)),
	nullable("reasoning", schema.AnyObject),
	nullable("text", schema.AnyObject),
	nullable("temperature", schema.Number(0, 2)),
	nullable("top_p", schema.Number(0, 1)),
	nullable("top_k", schema.AnyInteger),
	nullable("top_logprobs", schema.Integer(0, 20)),
	nullable("frequency_penalty", schema.AnyNumber),
	nullable("presence_penalty", schema.AnyNumber),
	nullable("max_output_tokens", schema.AnyInteger),
	nullable("max_tool_calls", schema.AnyInteger),
	nullable("parallel_tool_calls", schema.Boolean),
	nullable("prompt_cache_key", schema.Text),
	nullable("safety_identifier", schema.Text),
	nullable("service_tier", schema.Text),
}.With(schema.Names("cache", "cache_control", "fallbacks", "guardrails", "integration_id", "load_balancer", "plugins", "retry", "security",
	"stop_sequences", "stream_options", "tags", "template_engine", "timeout")...)

// inputItem is an item of the input: a message unless it says something else.
func inputItem(v *schema.Verdict, raw json.RawMessage) {
	members, _ := jsontext.Members(raw)
	switch kind, _ := jsontext.String(members["type"]); kind {
	case "", "message":
		schema.Object(schema.Shape{
			schema.Optional("type", schema.Text),
			schema.Optional("id", schema.Text),
			schema.Optional("status", schema.Text),
			schema.Required("role", schema.Enum("user", "assistant", "system", "developer")),
			schema.Required("content", schema.StringOr(schema.Text, '[', listOf(schema.AnyObject))),
		})(v, raw)
	case "function_call_output":
		schema.Object(schema.Shape{
			schema.Required("type", schema.Text),
			schema.Optional("id", schema.Text),
			schema.Optional("status", schema.Text),
			schema.Required("call_id", schema.String(1, 0)),
			schema.Required("output", schema.StringOr(schema.Text, '[', listOf(schema.AnyObject))),
		})(v, raw)
	default:
		schema.AnyObject(v, raw)
	}
}

// responseRequest is what the router was asked.
type responseRequest struct {
	responseEcho
	Iterations int64    `json:"max_iterations,omitempty"` // of the limits
	Functions  []string `json:"functions,omitempty"`      // the names of those among the tools
}

// responseEcho is what the router was asked, as its responses repeat it.
type responseEcho struct {
	Background         bool            `json:"background"`
	Conversation       json.RawMessage `json:"conversation,omitempty"`
	FrequencyPenalty   float64         `json:"frequency_penalty"`
	Input              json.RawMessage `json:"input"`
	Instructions       *string         `json:"instructions"`
	MaxOutputTokens    *int64          `json:"max_output_tokens"`
	MaxToolCalls       *int64          `json:"max_tool_calls"`
	Memory             json.RawMessage `json:"memory,omitempty"`
	Metadata           json.RawMessage `json:"metadata"`
	Model              string          `json:"model"`
	ParallelToolCalls  bool            `json:"parallel_tool_calls"`
	PresencePenalty    float64         `json:"presence_penalty"`
	PreviousResponseID *string         `json:"previous_response_id"`
	PromptCacheKey     *string         `json:"prompt_cache_key"`
	Reasoning          json.RawMessage `json:"reasoning"`
	SafetyIdentifier   *string         `json:"safety_identifier"`
	ServiceTier        string          `json:"service_tier"`
	Store              bool            `json:"store"`
	Temperature        float64         `json:"temperature"`
	Text               json.RawMessage `json:"text"`
	ToolChoice         json.RawMessage `json:"tool_choice"`
	Tools              json.RawMessage `json:"tools"`
	TopK               *int64          `json:"top_k,omitempty"`
	TopLogprobs        int64           `json:"top_logprobs"`
	TopP               float64         `json:"top_p"`
	Variables          json.RawMessage `json:"variables,omitempty"`
}

// response is a response of the router. orq's own client wants a null for
// prompt_cache_options, which no document has.
type response struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	responseEcho
	CreatedAt            int64              `json:"created_at"`
	CompletedAt          *int64             `json:"completed_at"`
	Status               string             `json:"status"`
	Error                *runError          `json:"error"`
	IncompleteDetails    *incompleteDetails `json:"incomplete_details"`
	Output               []any              `json:"output"`
	PromptCacheOptions   json.RawMessage    `json:"prompt_cache_options"`
	PromptCacheRetention json.RawMessage    `json:"prompt_cache_retention"`
	Telemetry            telemetry          `json:"telemetry"`
	Truncation           string             `json:"truncation"`
	Usage                *responseUsage     `json:"usage"`
	User                 *string            `json:"user"`
}

type incompleteDetails struct {
	Reason string `json:"reason"`
}

type telemetry struct {
	TraceID string `json:"trace_id"`
	SpanID  string `json:"span_id"`
}

func (t *turn) telemetry() telemetry {
	return telemetry{t.TraceID, t.TraceID[:min(16, len(t.TraceID))]}
}

type responseUsage struct {
	InputTokens        int                `json:"input_tokens"`
	InputTokensDetails inputTokensDetails `json:"input_tokens_details"`
	OutputTokens       int                `json:"output_tokens"`
	OutputDetails      outputTokenDetails `json:"output_tokens_details"`
	TotalTokens        int                `json:"total_tokens"`
}

type inputTokensDetails struct {
	CachedTokens        int `json:"cached_tokens"`
	CacheCreationTokens int `json:"cache_creation_tokens"`
	CacheWriteTokens    int `json:"cache_write_tokens"`
}

type outputTokenDetails struct {
	ReasoningTokens int `json:"reasoning_tokens"`
}

// The items of an output.
type (
	messageItem struct {
		Type    string       `json:"type"`
		ID      string       `json:"id"`
		Role    string       `json:"role"`
		Status  string       `json:"status"`
		Content []outputText `json:"content"`
	}
	outputText struct {
		Type        string     `json:"type"`
		Text        string     `json:"text"`
		Annotations []struct{} `json:"annotations"`
		Logprobs    []struct{} `json:"logprobs"`
	}
	functionItem struct {
		Type      string `json:"type"`
		ID        string `json:"id"`
		CallID    string `json:"call_id"`
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
		Status    string `json:"status"`
	}
	toolItem struct {
		Type   string          `json:"type"`
		ID     string          `json:"id"`
		CallID string          `json:"call_id"`
		Name   string          `json:"name"`
		Status string          `json:"status"`
		Result json.RawMessage `json:"result,omitempty"`
	}
)

func newMessageItem(id, status string, texts ...string) messageItem {
	item := messageItem{"message", "msg_" + id, "assistant", status, []outputText{}}
	for _, text := range texts {
		item.Content = append(item.Content, newOutputText(text))
	}
	return item
}

func newOutputText(text string) outputText {
	return outputText{"output_text", text, []struct{}{}, []struct{}{}}
}

func newFunctionItem(c pendingCall, status, arguments string) functionItem {
	return functionItem{"function_call", "fc_" + c.ID, c.ID, c.Function.Name, arguments, status}
}

func newToolItem(a *action, status string, result json.RawMessage) toolItem {
	return toolItem{"orq:" + a.Tool.DisplayName, "tool_" + a.ID, a.AgentToolCallID, a.Tool.DisplayName, status, result}
}

// readResponse reads what the router is asked.
func readResponse(body jsontext.Object) *responseRequest {
	q := &responseRequest{responseEcho: responseEcho{
		Metadata: json.RawMessage("{}"), ParallelToolCalls: true, ServiceTier: "default", Store: true, Temperature: 1, TopP: 1,
		Text: json.RawMessage(`{"format":{"type":"text"}}`), ToolChoice: json.RawMessage(`"auto"`), Tools: json.RawMessage("[]"),
	}}
	text := jsontext.PointerTo(jsontext.String)
	jsontext.Assign(body, "background", &q.Background, jsontext.Bool)
	jsontext.Assign(body, "conversation", &q.Conversation, jsontext.Raw)
	jsontext.Assign(body, "frequency_penalty", &q.FrequencyPenalty, jsontext.Number)
	jsontext.Assign(body, "instructions", &q.Instructions, text)
	jsontext.Assign(body, "max_output_tokens", &q.MaxOutputTokens, jsontext.PointerTo(jsontext.Integer))
	jsontext.Assign(body, "max_tool_calls", &q.MaxToolCalls, jsontext.PointerTo(jsontext.Integer))
	jsontext.Assign(body, "memory", &q.Memory, jsontext.Raw)
	jsontext.Assign(body, "metadata", &q.Metadata, jsontext.Raw)
	jsontext.Assign(body, "model", &q.Model, jsontext.String)
	jsontext.Assign(body, "parallel_tool_calls", &q.ParallelToolCalls, jsontext.Bool)
	jsontext.Assign(body, "presence_penalty", &q.PresencePenalty, jsontext.Number)
	jsontext.Assign(body, "previous_response_id", &q.PreviousResponseID, text)
	jsontext.Assign(body, "prompt_cache_key", &q.PromptCacheKey, text)
	jsontext.Assign(body, "reasoning", &q.Reasoning, jsontext.Raw)
	jsontext.Assign(body, "safety_identifier", &q.SafetyIdentifier, text)
	jsontext.Assign(body, "service_tier", &q.ServiceTier, jsontext.String)
	jsontext.Assign(body, "store", &q.Store, jsontext.Bool)
	jsontext.Assign(body, "temperature", &q.Temperature, jsontext.Number)
	jsontext.Assign(body, "text", &q.Text, jsontext.Raw)
	jsontext.Assign(body, "tool_choice", &q.ToolChoice, jsontext.Raw)
	jsontext.Assign(body, "tools", &q.Tools, jsontext.Raw)
	jsontext.Assign(body, "top_k", &q.TopK, jsontext.PointerTo(jsontext.Integer))
	jsontext.Assign(body, "top_logprobs", &q.TopLogprobs, jsontext.Integer)
	jsontext.Assign(body, "top_p", &q.TopP, jsontext.Number)
	jsontext.Assign(body, "variables", &q.Variables, jsontext.Raw)
	limits, _ := jsontext.Members(body["limits"])
	jsontext.Assign(limits, "max_iterations", &q.Iterations, jsontext.Integer)
	tools, _ := jsontext.Items(q.Tools)
	for i, raw := range tools {
		members, _ := jsontext.Members(raw)
		if kind, _ := jsontext.String(members["type"]); kind == "function" {
			name, _ := jsontext.String(members["name"])
			q.Functions = append(q.Functions, name)
		}
		if members.Has("headers") { // they hold what nobody may see
			delete(members, "headers")
			tools[i] = jsontext.MustMarshal(members)
		}
	}
	if tools != nil {
		q.Tools = jsontext.MustMarshal(tools)
	}
	return q
}

// readInput reads the input into an order: the last message of the user and
// what was said before it, or what functions returned. calls are those that
// the input itself brings.
func (q *responseRequest) readInput(raw json.RawMessage, o *order) (calls []string) {
	if text, ok := jsontext.String(raw); ok {
		q.Input = jsontext.MustMarshal([]any{map[string]any{
			"type": "message", "role": "user", "content": []any{map[string]string{"type": "input_text", "text": text}},
		}})
		o.input = message{Role: roleUser, Parts: []json.RawMessage{newText(text)}}
		return nil
	}
	q.Input = jsontext.Compact(raw)
	items, _ := jsontext.Items(raw)
	var returned []json.RawMessage
	for _, item := range items {
		members, _ := jsontext.Members(item)
		kind, _ := jsontext.String(members["type"])
		role, _ := jsontext.String(members["role"])
		callID, _ := jsontext.String(members["call_id"])
		switch {
		case kind == "function_call":
			calls = append(calls, callID)
		case kind == "function_call_output":
			if o.results == nil {
				o.results = make(map[string]json.RawMessage)
			}
			o.results[callID] = jsontext.Compact(members["output"])
			returned = append(returned, jsontext.MustMarshal(toolResultPart{"tool_result", callID, o.results[callID]}))
		case role == roleUser || role == "assistant":
			said := message{Role: roleUser, Parts: []json.RawMessage{newText(contentText(members["content"]))}}
			if role == "assistant" {
				said.Role = roleAgent
			}
			o.earlier = append(o.earlier, said)
		}
	}
	if last := len(o.earlier) - 1; returned != nil {
		o.input = message{Role: roleTool, Parts: returned}
	} else if last >= 0 && o.earlier[last].Role == roleUser {
		o.input, o.earlier = o.earlier[last], o.earlier[:last]
	} else {
		o.input = message{Role: roleUser, Parts: []json.RawMessage{}}
	}
	return calls
}

// contentText is the text of the content of a message.
func contentText(raw json.RawMessage) string {
	if text, ok := jsontext.String(raw); ok {
		return text
	}
	var texts []string
	items, _ := jsontext.Items(raw)
	for _, item := range items {
		members, _ := jsontext.Members(item)
		if text, ok := jsontext.String(members["text"]); ok {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n")
}

// createResponse runs an agent as the router does.
func createResponse(r *emulate.Request, s *state) (emulate.Response, error) {
	body, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	q := readResponse(body)
	if q.Background && !q.Store {
		r.Guess("400-background-without-store")
		return emulate.Response{}, refuseMember(r, http.StatusBadRequest, "invalid_request_body",
			"background needs store to be true", "store", "/store: expected true with background, got false")
	}
	key, isAgent := strings.CutPrefix(q.Model, agentPrefix)
	if !isAgent {
		r.Guess("501-model")
		return emulate.Response{}, refuseMember(r, http.StatusNotImplemented, "not_implemented", "Only agents are emulated, not models",
			"model", "/model: expected agent/<key>, got "+jsontext.Excerpt(q.Model))
	}
	a, reason := s.findVersion(r.Tenant, key)
	if a == nil {
		r.Guess("404-agent")
		return emulate.Response{}, refuseMember(r, http.StatusNotFound, "agent_not_found", "Agent not found", "model", "/model: "+reason)
	}
	o := order{agent: a, request: q, metadata: q.Metadata, waits: !q.Background}
	if err := s.goOnFrom(r, q, &o, q.readInput(body["input"], &o)); err != nil {
		return emulate.Response{}, err
	}
	if o.task == nil {
		o.task = s.newTask(r, a)
	}
	if streams, _ := jsontext.Bool(body["stream"]); streams {
		told := new(responseEvents)
		o.surface = told
		t, begun := s.begin(r, o)
		return told.follow(t, begun, time.Time{}, nil), nil
	}
	t, begun := s.begin(r, o)
	respond := func() emulate.Response { return emulate.JSON(http.StatusOK, t.response(begun)) }
	if q.Background {
		return respond(), nil
	}
	return waitFor(t, begun.over, respond), nil
}

// goOnFrom finds what a response goes on from, if it names an earlier one.
func (s *state) goOnFrom(r *emulate.Request, q *responseRequest, o *order, calls []string) error {
	var before *turn
	if q.PreviousResponseID != nil && *q.PreviousResponseID != "" {
		t, from := s.findResponse(r, *q.PreviousResponseID)
		if from == nil || t.AgentID != o.agent.ID {
			r.Guess("404-previous-response")
			return refuseMember(r, http.StatusNotFound, "previous_response_not_found", "Previous response with id '"+*q.PreviousResponseID+"' not found.",
				"previous_response_id", "/previous_response_id: expected the id of a stored response of the agent, got another one")
		}
		if !from.over() {
			r.Guess("409-running-response")
			return refuseMember(r, http.StatusConflict, "response_in_progress", "Previous response is still in progress",
				"previous_response_id", "/previous_response_id: expected a response that is over")
		}
		before = from
		if o.task = t; from != t.latest() {
			o.task = t.branch(s, r, from)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.results)) {
		if slices.Contains(calls, id) || before != nil && before.pends(id) {
			continue
		}
		return refuseMember(r, http.StatusBadRequest, "invalid_request_body", "No tool call found for function call output with call_id "+id+".",
			"input", "/input: expected the call_id of a function that the previous response calls")
	}
	if before == nil || len(before.Pending) == 0 {
		o.results = nil // nothing waits for them
		return nil
	}
	for _, c := range before.Pending {
		if _, there := o.results[c.ID]; !there {
			return refuseMember(r, http.StatusBadRequest, "invalid_request_body", "No tool output found for function call "+c.ID+".",
				"input", "/input: expected a function_call_output for each function that the previous response calls")
		}
	}
	o.left = before
	return nil
}

// findResponse finds a stored response by its id on the router.
func (s *state) findResponse(r *emulate.Request, id string) (*task, *turn) {
	id, _ = strings.CutPrefix(id, responsePrefix)
	taskID := s.Responses.Get(r.Tenant, id)
	if taskID == nil {
		return nil, nil
	}
	t := s.Tasks.Get(r.Tenant, *taskID)
	if t == nil {
		return nil, nil
	}
	i := slices.IndexFunc(t.Turns, func(of *turn) bool { return of.ID == id })
	if i < 0 || t.Turns[i].Request != nil && !t.Turns[i].Request.Store {
		return nil, nil
	}
	return t, t.Turns[i]
}

func getResponse(r *emulate.Request, s *state) (emulate.Response, error) {
	t, found := s.findResponse(r, r.Params["response_id"])
	if found == nil {
		return emulate.Response{}, refuse(r, http.StatusNotFound, "response_not_found", "Response not found",
			"path: the workspace of this token has stored no response with this id")
	}
	return emulate.JSON(http.StatusOK, t.response(found)), nil
}

// status is that of a turn on the router.
func (t *turn) status() string {
	switch {
	case t.Error != nil:
		return failed
	case slices.Contains(cutShort, t.Finish):
		return incomplete
	case t.over():
		return completed
	case !t.Started && t.Request != nil && t.Request.Background:
		return queued
	}
	return inProgress
}

// response is a turn as the router shows it.
func (t *task) response(at *turn) response {
	b := response{
		ID: responsePrefix + at.ID, Object: "response", CreatedAt: at.Created.Unix(), Status: at.status(),
		Output: t.items(at), Telemetry: at.telemetry(), Truncation: "disabled",
	}
	if at.Request != nil {
		b.responseEcho = at.Request.responseEcho
	} else { // another surface began it
		b.responseEcho = readResponse(nil).responseEcho
		b.Model = agentPrefix + at.AgentKey
	}
	if !at.over() {
		return b
	}
	switch b.Status {
	case completed:
		b.CompletedAt = new(at.Ended.Unix())
	case failed:
		b.Error = &runError{cmp.Or(at.Error.Code, "server_error"), at.Error.Message}
	case incomplete:
		b.IncompleteDetails = &incompleteDetails{at.Finish}
		if at.Finish == "length" {
			b.IncompleteDetails.Reason = "max_output_tokens"
		}
	}
	if u := at.Usage; u != nil {
		b.Usage = &responseUsage{InputTokens: u.Input, OutputTokens: u.Output, TotalTokens: u.Input + u.Output}
	}
	return b
}

// items are the output of a turn: tools that ran, functions that the caller
// has to run, and the text.
func (t *task) items(at *turn) []any {
	items := []any{}
	if !at.over() {
		return items
	}
	for _, id := range at.Calls {
		if a := t.action(id); a != nil && !at.pends(id) && a.Finished != "" {
			items = append(items, newToolItem(a, completed, a.result()))
		}
	}
	for _, c := range at.Pending {
		items = append(items, newFunctionItem(c, completed, c.Function.Arguments))
	}
	if at.SayingID != "" {
		items = append(items, newMessageItem(at.SayingID, at.saidStatus(), at.Said))
	}
	return items
}

// saidStatus is the status of what was said.
func (t *turn) saidStatus() string {
	if t.Error != nil || slices.Contains(cutShort, t.Finish) {
		return incomplete
	}
	return completed
}

// responseEvents tells of a turn as the router does.
type responseEvents struct {
	silent
	stream
	sequence int
	index    int            // of the next item
	items    map[string]int // the indexes of tools, by the ids of their actions
}

// responseEvent is what all events have.
type responseEvent struct {
	Type           string `json:"type"`
	SequenceNumber int    `json:"sequence_number"`
}

func (e *responseEvents) next(kind string) responseEvent {
	e.sequence++
	return responseEvent{kind, e.sequence - 1}
}

// whole tells of the response as a whole.
func (e *responseEvents) whole(p *player, kind string, last bool) {
	e.add(event(kind, struct {
		responseEvent
		Response response `json:"response"`
	}{e.next(kind), p.task.response(p.turn)}, last))
}

// item tells of an item.
func (e *responseEvents) item(kind string, index int, item any) {
	e.add(event(kind, struct {
		responseEvent
		OutputIndex int `json:"output_index"`
		Item        any `json:"item"`
	}{e.next(kind), index, item}, false))
}

// textEvent is about the text of a message.
type textEvent struct {
	responseEvent
	ItemID       string      `json:"item_id"`
	OutputIndex  int         `json:"output_index"`
	ContentIndex int         `json:"content_index"`
	Part         *outputText `json:"part,omitempty"`
	Delta        *string     `json:"delta,omitempty"`
	Text         *string     `json:"text,omitempty"`
	Logprobs     []struct{}  `json:"logprobs,omitzero"`
}

func (e *responseEvents) text(p *player, kind string, with textEvent) {
	with.responseEvent, with.ItemID, with.OutputIndex = e.next(kind), "msg_"+p.turn.SayingID, e.index
	e.add(event(kind, with, false))
}

func (e *responseEvents) accepted(p *player) {
	e.whole(p, "response.created", false)
	if p.turn.Request.Background {
		e.whole(p, "response.queued", false)
	}
}

func (e *responseEvents) started(p *player) { e.whole(p, "response.in_progress", false) }

func (e *responseEvents) toolStarted(_ *player, a *action) {
	e.addTool(a)
}

// addTool tells of a tool for the first time.
func (e *responseEvents) addTool(a *action) {
	if e.items == nil {
		e.items = make(map[string]int)
	}
	e.items[a.ID] = e.index
	e.item("response.output_item.added", e.index, newToolItem(a, inProgress, nil))
	e.index++
}

func (e *responseEvents) toolEnded(_ *player, a *action, _ json.RawMessage) {
	if _, told := e.items[a.ID]; !told { // it was rejected
		e.addTool(a)
	}
	e.item("response.output_item.done", e.items[a.ID], newToolItem(a, completed, a.result()))
}

func (e *responseEvents) said(p *player, piece string) {
	if p.turn.Said == piece { // the first one
		e.item("response.output_item.added", e.index, newMessageItem(p.turn.SayingID, inProgress))
		e.text(p, "response.content_part.added", textEvent{Part: new(newOutputText(""))})
	}
	e.text(p, "response.output_text.delta", textEvent{Delta: &piece, Logprobs: []struct{}{}})
}

func (e *responseEvents) ended(p *player, m *message) {
	t := p.turn
	if m != nil {
		e.text(p, "response.output_text.done", textEvent{Text: &t.Said, Logprobs: []struct{}{}})
		e.text(p, "response.content_part.done", textEvent{Part: new(newOutputText(t.Said))})
		e.item("response.output_item.done", e.index, newMessageItem(t.SayingID, t.saidStatus(), t.Said))
	}
	for _, c := range t.Pending {
		e.function(c)
	}
	e.whole(p, "response."+t.status(), true)
	e.add(done(p)...)
}

// function tells of a call of a function.
func (e *responseEvents) function(c pendingCall) {
	type argumentsEvent struct {
		responseEvent
		ItemID      string  `json:"item_id"`
		OutputIndex int     `json:"output_index"`
		Delta       *string `json:"delta,omitempty"`
		Name        string  `json:"name,omitempty"`
		Arguments   *string `json:"arguments,omitempty"`
	}
	const delta, whole = "response.function_call_arguments.delta", "response.function_call_arguments.done"
	item := newFunctionItem(c, inProgress, "")
	e.item("response.output_item.added", e.index, item)
	e.add(
		event(delta, argumentsEvent{responseEvent: e.next(delta), ItemID: item.ID, OutputIndex: e.index, Delta: &c.Function.Arguments}, false),
		event(whole, argumentsEvent{responseEvent: e.next(whole), ItemID: item.ID, OutputIndex: e.index, Name: c.Function.Name, Arguments: &c.Function.Arguments}, false),
	)
	e.item("response.output_item.done", e.index, newFunctionItem(c, completed, c.Function.Arguments))
	e.index++
}
