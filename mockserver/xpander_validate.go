package mockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// xpanderMaxPage is the highest page that can be asked for. It keeps page
// times size within an int; the API states no bound.
const xpanderMaxPage = 1 << 24

// xpanderWideFields are the members that both a create and an update take.
// Those from environment_id on are documented, but no answer shows what
// became of them.
var xpanderWideFields = []string{
	"name", "description", "icon", "model_provider", "model_name", "instructions", "llm_api_base",
	"framework", "type", "deployment_type", "output_format", "output_schema", "expected_output",
	"graph", "knowledge_bases", "llm_settings", "agno_settings", "attached_tools", "using_nemo", "deletable",
	"environment_id", "llm_extra_headers", "organization_id", "avatar", "llm_reasoning_effort",
	"llm_credentials_key", "llm_credentials_key_type", "llm_credentials", "delegation_type",
	"delegation_memory_strategy", "delegation_end_strategy", "sub_agents_continuous_thread",
	"deep_planning", "enforce_deep_planning", "source_nodes", "access_scope", "connectivity_details",
}

var (
	xpanderCreateFields = append(slices.Clone(xpanderWideFields), "created_by")
	xpanderUpdateFields = append(slices.Clone(xpanderWideFields), "status", "should_reset_graph", "agent_id")
)

// xpanderInnerShape is what is documented of the members that are objects or
// lists of them.
var xpanderInnerShape = shape{
	mayHave("instructions", objectRule(membersOf("role", "goal", "general"))),
	mayHave("llm_settings", listRule(objectRule(xpanderLLMSettingsShape), 0, 0)),
	mayHave("attached_tools", listRule(objectRule(membersOf("id", "operation_ids")), 0, 0)),
	mayHave("llm_credentials", objectRule(membersOf("name", "value", "description"))),
	mayHave("knowledge_bases", listRule(objectRule(membersOf("id", "name", "description", "strategy", "rw", "documents")), 0, 0)),
	mayHave("source_nodes", listRule(objectRule(membersOf("id", "type", "targets", "metadata")), 0, 0)),
	mayHave("graph", listRule(objectRule(append(
		membersOf("id", "item_id", "name", "type", "sub_type", "targets", "settings", "is_first"),
		mayHave("llm_settings", listRule(objectRule(xpanderLLMSettingsShape), 0, 0)),
	)), 0, 0)),
	mayHave("agno_settings", objectRule(append(
		membersOf("session_storage", "agent_memories", "agentic_culture", "user_memories", "agentic_memory",
			"session_summaries", "num_history_runs", "max_tool_calls_from_history", "tool_call_limit", "coordinate_mode",
			"pii_detection_enabled", "pii_detection_mask", "prompt_injection_detection_enabled", "openai_moderation_enabled",
			"openai_moderation_categories", "reasoning_tools_enabled", "learning"),
		mayHave("tool_calls_compression", objectRule(membersOf("enabled", "threshold", "instructions"))),
	))),
}

var xpanderLLMSettingsShape = membersOf("type", "provider", "model", "temperature")

// The words that the API allows, letter by letter. The last four providers
// came later than the rest.
var (
	xpanderProviders = []string{
		"openai", "nim", "amazon_bedrock", "huggingFace", "friendlyAI", "anthropic", "gemini", "fireworks",
		"google_ai_studio", "helicone", "open_router", "nebius",
		"azure_ai_foundary", "cloudflare_ai_gw", "bytedance", "tzafon_lightcone",
	}
	xpanderDeploymentTypes = []string{"serverless", "container"}
	xpanderStatuses        = []string{"DRAFT", "ACTIVE", "INACTIVE"}
	xpanderTypes           = []string{"manager", "regular", "a2a", "curl", "orchestration"}
	xpanderOutputFormats   = []string{"text", "markdown", "json", "voice"}
)

// xpanderProblem is one thing that is wrong with a request.
type xpanderProblem struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

// xpanderChecker reads a request and collects everything that is wrong with
// it. In a change a null clears a member that may be null; otherwise a null
// is as good as nothing.
type xpanderChecker struct {
	members  object
	change   bool
	problems []xpanderProblem
}

func (c *xpanderChecker) report(kind, message string, loc ...any) {
	if len(c.problems) < maxViolations {
		c.problems = append(c.problems, xpanderProblem{loc, message, kind})
	}
}

// refuse answers with all the problems.
func (c *xpanderChecker) refuse() answer {
	a := jsonAnswer(http.StatusUnprocessableEntity, xpanderDetail{c.problems})
	var reasons []string
	for _, problem := range c.problems {
		var where strings.Builder
		for i, element := range problem.Loc {
			if i == 0 && element == "body" {
				continue
			}
			// Quoted, as the name of a header is whatever the request says.
			where.WriteString("/" + strings.Trim(strconv.QuoteToASCII(fmt.Sprint(element)), `"`))
		}
		reasons = append(reasons, where.String()+": "+problem.Msg)
	}
	a.reason = strings.Join(reasons, "; ")
	return a
}

// readBody reads the body of a create or of a change into a record. It
// returns the members, too.
func (d xpanderDialect) readBody(x *exchange, into *xpanderRecord, change bool) (object, *answer) {
	check := xpanderChecker{change: change}
	if deploy := x.query.Get("deploy"); change && x.query.Has("deploy") {
		if _, ok := xpanderBool(deploy); !ok {
			check.report("bool_parsing", "Input should be a valid boolean, unable to interpret input", "query", "deploy")
		}
	}
	members, err := parseObject(x.body)
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errNotUTF8):
		a := x.refuse(http.StatusBadRequest, "There was an error parsing the body", "body: "+err.Error())
		return nil, &a
	case errors.Is(err, errEmptyBody) || errors.Is(err, errNotObject) && isNull(x.body):
		check.report("missing", "Field required", "body")
	case errors.Is(err, errNotJSON) && isJSON(x.header):
		offset := 0
		if errors.As(json.Unmarshal(x.body, new(json.RawMessage)), &syntax) {
			offset = int(syntax.Offset)
		}
		check.report("json_invalid", "JSON decode error", "body", offset)
	case err != nil || !isJSON(x.header):
		check.report("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", "body")
	default:
		check.members = members
		check.read(x, into)
	}
	if len(check.problems) > 0 {
		a := check.refuse()
		return nil, &a
	}
	return members, nil
}

// read checks every member and puts it into the record.
func (c *xpanderChecker) read(x *exchange, into *xpanderRecord) {
	if fields := xpanderUpdateFields; c.change {
		if !slices.ContainsFunc(fields, func(name string) bool { return c.members[name] != nil }) {
			x.guess("xpander.empty-update")
			c.report("value_error", "At least one field must be provided", "body")
		}
		if slices.ContainsFunc(fields, func(name string) bool { return isNull(c.members[name]) }) {
			x.guess("xpander.null-clears")
		}
	}
	c.name(x, &into.Name)
	c.text("description", &into.Description)
	c.text("icon", &into.Icon)
	c.text("model_name", &into.ModelName)
	c.text("framework", &into.Framework)
	c.text("llm_api_base", &into.LLMAPIBase)
	c.text("expected_output", &into.ExpectedOutput)
	c.text("environment_id", new(*string))
	c.enum("deployment_type", &into.DeploymentType, xpanderDeploymentTypes)
	c.enum("model_provider", &into.ModelProvider, xpanderProviders)
	c.enum("type", &into.Type, xpanderTypes)
	c.enum("output_format", &into.OutputFormat, xpanderOutputFormats)
	if c.change {
		c.enum("status", &into.Status, xpanderStatuses)
	}
	c.instructions(&into.Instructions, x.variant(XpanderStringInstructions))
	c.objects("graph", &into.Graph)
	c.objects("knowledge_bases", &into.KnowledgeBases)
	c.outputSchema(&into.OutputSchema)
	c.headers()
	c.llmSettings(&into.LLMSettings)
	// Decoding would write into the list that the stored agent has.
	into.AgnoSettings.OpenAIModerationCategories = slices.Clone(into.AgnoSettings.OpenAIModerationCategories)
	c.typed("agno_settings", &into.AgnoSettings)
	c.attachedTools(&into.AttachedTools)
	c.boolean("using_nemo", &into.UsingNemo)
	if deletable := true; c.boolean("deletable", &deletable) {
		into.Deletable = &deletable
	}
	if reset := false; c.change && c.boolean("should_reset_graph", &reset) && reset {
		into.Graph = []json.RawMessage{}
	}
}

// given returns a member that must be read. A null of a member that may be
// null in an answer is reported as cleared instead.
func (c *xpanderChecker) given(name string) (raw json.RawMessage, cleared, ok bool) {
	raw, ok = c.members[name]
	if ok && isNull(raw) {
		return nil, c.change, false
	}
	return raw, false, ok
}

func (c *xpanderChecker) name(x *exchange, into *string) {
	raw, there := c.members["name"]
	name, ok := asString(raw)
	switch {
	case !there && c.change || c.change && isNull(raw):
	case !there:
		c.report("missing", "Field required", "body", "name")
	case !ok:
		c.report("string_type", "Input should be a valid string", "body", "name")
	case name == "":
		x.guess("xpander.422-empty-name")
		c.report("string_too_short", "String should have at least 1 character", "body", "name")
	default:
		*into = name
	}
}

func (c *xpanderChecker) text(name string, into **string) {
	raw, cleared, ok := c.given(name)
	if cleared {
		*into = nil
	}
	if !ok {
		return
	}
	text, ok := asString(raw)
	if !ok {
		c.report("string_type", "Input should be a valid string", "body", name)
		return
	}
	*into = &text
}

func (c *xpanderChecker) enum(name string, into **string, allowed []string) {
	raw, cleared, ok := c.given(name)
	if cleared {
		*into = nil
	}
	if !ok {
		return
	}
	text, ok := asString(raw)
	if !ok || !slices.Contains(allowed, text) {
		last := len(allowed) - 1
		c.report("enum", fmt.Sprintf("Input should be '%s' or '%s'", strings.Join(allowed[:last], "', '"), allowed[last]), "body", name)
		return
	}
	*into = &text
}

func (c *xpanderChecker) boolean(name string, into *bool) bool {
	raw, _, ok := c.given(name)
	if !ok {
		return false
	}
	value, ok := asBool(raw)
	if !ok {
		c.report("bool_type", "Input should be a valid boolean", "body", name)
		return false
	}
	*into = value
	return true
}

// instructions are replaced as a whole.
func (c *xpanderChecker) instructions(into *xpanderInstructions, plain bool) {
	raw, _, ok := c.given("instructions")
	if !ok {
		return
	}
	members, ok := asObject(raw)
	if !ok {
		c.report("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", "body", "instructions")
		return
	}
	*into = xpanderInstructions{
		Role: c.lines(members, "role", plain),
		Goal: c.lines(members, "goal", plain),
	}
	if members.has("general") {
		if into.General, ok = asString(members["general"]); !ok {
			c.report("string_type", "Input should be a valid string", "body", "instructions", "general")
		}
	}
}

// lines reads a list of strings, or one string if plain ones are taken.
func (c *xpanderChecker) lines(members object, name string, plain bool) []string {
	if !members.has(name) {
		return []string{}
	}
	if text, ok := asString(members[name]); ok && plain {
		return strings.Split(text, "\n")
	}
	items, ok := asArray(members[name])
	if !ok {
		c.report("list_type", "Input should be a valid list", "body", "instructions", name)
	}
	lines := make([]string, len(items))
	for i, item := range items {
		if lines[i], ok = asString(item); !ok {
			c.report("string_type", "Input should be a valid string", "body", "instructions", name, i)
		}
	}
	return lines
}

// objects reads a list of objects and leaves them as they are.
func (c *xpanderChecker) objects(name string, into *[]json.RawMessage) {
	raw, cleared, ok := c.given(name)
	if cleared {
		*into = nil
	}
	if !ok {
		return
	}
	items, ok := asArray(raw)
	if !ok {
		c.report("list_type", "Input should be a valid list", "body", name)
		return
	}
	for i, item := range items {
		if _, ok := asObject(item); !ok {
			c.report("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", "body", name, i)
		}
		items[i] = compact(item)
	}
	*into = items
}

func (c *xpanderChecker) outputSchema(into *json.RawMessage) {
	raw, cleared, ok := c.given("output_schema")
	if cleared {
		*into = nil
	}
	if !ok {
		return
	}
	if _, ok := asObject(raw); !ok {
		c.report("dict_type", "Input should be a valid dictionary", "body", "output_schema")
		return
	}
	*into = compact(raw)
}

// headers checks llm_extra_headers. They may hold secrets and no answer has
// them, so that they are not kept.
func (c *xpanderChecker) headers() {
	raw, _, ok := c.given("llm_extra_headers")
	if !ok {
		return
	}
	members, ok := asObject(raw)
	if !ok {
		c.report("dict_type", "Input should be a valid dictionary", "body", "llm_extra_headers")
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if _, ok := asString(members[name]); !ok {
			c.report("string_type", "Input should be a valid string", "body", "llm_extra_headers", name)
		}
	}
}

// llmSettings replaces all settings. What an entry leaves out has a default.
func (c *xpanderChecker) llmSettings(into *[]xpanderLLMSettings) {
	raw, _, ok := c.given("llm_settings")
	if !ok {
		return
	}
	items, ok := asArray(raw)
	if !ok {
		c.report("list_type", "Input should be a valid list", "body", "llm_settings")
		return
	}
	settings := make([]xpanderLLMSettings, len(items))
	for i, item := range items {
		settings[i] = xpanderLLMSettings{Type: "before", Provider: new(xpanderDefaultProvider), Model: new(xpanderDefaultModel)}
		c.decode(item, &settings[i], "body", "llm_settings", i)
		if kind := settings[i].Type; kind != "before" && kind != "after" {
			c.report("enum", "Input should be 'before' or 'after'", "body", "llm_settings", i, "type")
		}
	}
	*into = settings
}

func (c *xpanderChecker) attachedTools(into *[]xpanderAttachedTool) {
	raw, cleared, ok := c.given("attached_tools")
	if cleared {
		*into = nil
	}
	if !ok {
		return
	}
	items, ok := asArray(raw)
	if !ok {
		c.report("list_type", "Input should be a valid list", "body", "attached_tools")
		return
	}
	tools := make([]xpanderAttachedTool, len(items))
	for i, item := range items {
		members, _ := asObject(item)
		for _, name := range []string{"id", "operation_ids"} {
			if members != nil && !members.has(name) {
				c.report("missing", "Field required", "body", "attached_tools", i, name)
			}
		}
		c.decode(item, &tools[i], "body", "attached_tools", i)
	}
	*into = tools
}

// typed reads an object whose members are changed one by one.
func (c *xpanderChecker) typed(name string, into any) {
	if raw, _, ok := c.given(name); ok {
		c.decode(raw, into, "body", name)
	}
}

// decode reads an object into a struct and reports the first member that
// does not fit.
func (c *xpanderChecker) decode(raw json.RawMessage, into any, loc ...any) {
	if _, ok := asObject(raw); !ok {
		c.report("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", loc...)
		return
	}
	var mismatch *json.UnmarshalTypeError
	if !errors.As(json.Unmarshal(raw, into), &mismatch) {
		return
	}
	for name := range strings.SplitSeq(mismatch.Field, ".") {
		loc = append(loc, name)
	}
	switch mismatch.Type.Kind() {
	case reflect.Bool:
		c.report("bool_type", "Input should be a valid boolean", loc...)
	case reflect.Int:
		c.report("int_type", "Input should be a valid integer", loc...)
	case reflect.Float64:
		c.report("float_type", "Input should be a valid number", loc...)
	case reflect.Slice:
		c.report("list_type", "Input should be a valid list", loc...)
	case reflect.Struct:
		c.report("dict_type", "Input should be a valid dictionary", loc...)
	default:
		c.report("string_type", "Input should be a valid string", loc...)
	}
}

// queryInteger reads a query parameter within bounds, which belong to it.
func (c *xpanderChecker) queryInteger(x *exchange, name string, otherwise, least, most int) int {
	if !x.query.Has(name) {
		return otherwise
	}
	number, err := strconv.Atoi(x.query.Get(name))
	switch {
	case err != nil:
		c.report("int_parsing", "Input should be a valid integer, unable to parse string as an integer", "query", name)
	case number < least:
		c.report("greater_than_equal", fmt.Sprintf("Input should be greater than or equal to %d", least), "query", name)
	case number > most:
		c.report("less_than_equal", fmt.Sprintf("Input should be less than or equal to %d", most), "query", name)
	}
	return number
}

// xpanderBool reads a boolean of a query as the API's framework does.
func xpanderBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "1", "true", "t", "yes", "y", "on":
		return true, true
	case "0", "false", "f", "no", "n", "off":
		return false, true
	}
	return false, false
}
