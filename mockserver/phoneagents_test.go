package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	phoneagentsAgents  = "/v1/users/usr_abc123/agents"
	phoneagentsNumbers = "/v1/users/usr_abc123/phone_numbers"
)

func phoneagentsCaller(t *testing.T, variants ...Variant) caller {
	config := Config{
		Variants: variants,
		Now:      func() time.Time { return time.Date(2025, 2, 10, 10, 0, 0, 0, time.UTC) },
	}
	return caller{t, testServer(t, config), "/phoneagents", map[string]string{
		"x-api-key": "sk_live_...", "Content-Type": "application/json", "x-correlation-id": "req_abc123",
	}}
}

// agentBody is the body of a create.
func agentBody(number, prompt, name string) string {
	return fmt.Sprintf(`{"phone_number_id":%q,"prompt_id":%q,"name":%q}`, number, prompt, name)
}

var phoneagentsID = regexp.MustCompile(`"agent_id":"agt_[0-9a-f]{12}"`)

func TestPhoneagentsPublishedCommands(t *testing.T) {
	c := phoneagentsCaller(t)
	exactly := func(got, file string) {
		t.Helper()
		got = phoneagentsID.ReplaceAllString(got, `"agent_id":"agt_xyz789"`)
		if diff := cmp.Diff(squeeze(t, sample(t, file)), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	exactly(c.do("POST", phoneagentsAgents, sample(t, "phoneagents/create.json"), 201).Body.String(), "phoneagents/agent.json")
	exactly(c.do("POST", phoneagentsAgents, sample(t, "phoneagents/create.json"), 409).Body.String(), "phoneagents/error_409.json")
	exactly(c.do("POST", phoneagentsAgents, `{"phone_number_id":"pn_abc123","name":"x"}`, 400).Body.String(), "phoneagents/error_400.json")
	exactly(c.with("x-api-key", "").do("POST", phoneagentsAgents, sample(t, "phoneagents/create.json"), 401).Body.String(), "phoneagents/error_401.json")

	for file, want := range map[string]phoneagentsAgentView{
		"create_whatsapp":  {PhoneNumberID: "pn_whatsapp_123", PromptID: "prompt_support_v1", Name: "WhatsApp Support Bot"},
		"create_instagram": {PhoneNumberID: "pn_instagram_456", PromptID: "prompt_sales_v2", Name: "Instagram Sales Assistant"},
	} {
		var got phoneagentsAgentView
		c.read("POST", phoneagentsAgents, sample(t, "phoneagents/"+file+".json"), 201, &got)
		want.AgentID, want.UserID = got.AgentID, "usr_abc123"
		want.CreatedAt, want.UpdatedAt = "2025-02-10T10:00:00Z", "2025-02-10T10:00:00Z"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}

	var numbers struct {
		PhoneNumbers []phoneagentsNumberView `json:"phone_numbers"`
	}
	c.read("GET", phoneagentsNumbers, "", 200, &numbers)
	if len(numbers.PhoneNumbers) != 3 {
		t.Errorf("phone numbers: %+v", numbers)
	}
	for _, agent := range c.server.Agents(Phoneagents) {
		c.do("PATCH", phoneagentsAgents+"/"+agent.ID, `{"prompt_id":"prompt_next"}`, 200)
		c.do("DELETE", phoneagentsAgents+"/"+agent.ID, "", 200)
	}
	c.do("POST", phoneagentsAgents, sample(t, "phoneagents/create.json"), 201)
}

func TestPhoneagentsOrderOfChecks(t *testing.T) {
	c := phoneagentsCaller(t, PhoneagentsRegisteredNumbers)
	c.server.config.APIKeys = []string{"sk_good", "sk_other"}
	good := c.with("x-api-key", "sk_good")
	var number phoneagentsNumberView
	good.read("POST", phoneagentsNumbers, `{"platform":"whatsapp","meta_phone_number_id":"1","access_token":"0123456789"}`, 201, &number)

	bad := "/v1/users/usr%20abc/agents"
	for _, step := range []struct {
		key, path, contentType, body string
		status                       int
		class, message               string
	}{
		{"", "/v1/nowhere", "text/plain", `{`, 401, "Unauthorized", "Invalid API key"},
		{"sk_bad", "/v1/nowhere", "text/plain", `{`, 401, "Unauthorized", "Invalid API key"},
		{"sk_good", "/v1/nowhere", "text/plain", `{`, 404, "Not Found", "Route POST /v1/nowhere not found"},
		{"sk_good", phoneagentsAgents + "/x", "text/plain", `{`, 405, "Method Not Allowed", "Method POST is not allowed here"},
		{"sk_good", bad, "text/plain", `{`, 415, "Unsupported Media Type", "Content-Type must be application/json"},
		{"sk_good", bad, "application/json", `{`, 400, "Validation error", "request body is not valid JSON"},
		{"sk_good", bad, "application/json", `{}`, 400, "Validation error", "user_id may contain only letters, digits, hyphens and underscores"},
		{"sk_good", phoneagentsAgents, "application/json", `{}`, 400, "Validation error", "phone_number_id is required"},
		{"sk_good", phoneagentsAgents, "application/json", `{"phone_number_id":"a b"}`, 400, "Validation error", "prompt_id is required"},
		{"sk_good", phoneagentsAgents, "application/json", `{"phone_number_id":"a b","prompt_id":" p"}`, 400, "Validation error", "name is required"},
		{"sk_good", phoneagentsAgents, "application/json", `{"phone_number_id":"a b","prompt_id":" p","name":7}`, 400, "Validation error", "phone_number_id may contain only letters, digits, hyphens and underscores"},
		{"sk_good", phoneagentsAgents, "application/json", `{"phone_number_id":"ab","prompt_id":" p","name":7}`, 400, "Validation error", "name must be a string"},
		{"sk_good", phoneagentsAgents, "application/json", agentBody("ab", " p", "n"), 400, "Validation error", "Invalid prompt_id"},
		{"sk_good", phoneagentsAgents, "application/json", agentBody("ab", "p", "n"), 404, "Not Found", "Phone number not found"},
		{"sk_good", phoneagentsAgents, "application/json", agentBody(number.ID, "p", "n"), 201, "", ""},
		{"sk_good", phoneagentsAgents, "application/json", agentBody(number.ID, "p", "n"), 409, "Conflict", "Phone number already has an active agent"},
	} {
		var got phoneagentsError
		recorder := c.with("x-api-key", step.key).with("Content-Type", step.contentType).do("POST", step.path, step.body, step.status)
		if err := json.Unmarshal(recorder.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Error != step.class || got.Message != step.message {
			t.Errorf("%+v: %s", step, recorder.Body)
		}
		if refused := step.status != 201; refused != (recorder.Header().Get("X-Mock-Reason") != "") {
			t.Errorf("%+v: reason %q", step, recorder.Header().Get("X-Mock-Reason"))
		}
		if id := recorder.Header().Get("X-Correlation-Id"); id != "req_abc123" {
			t.Errorf("%+v: correlation id %q in the header", step, id)
		}
		if step.status == 405 && recorder.Header().Get("Allow") != "GET, PATCH, DELETE" {
			t.Errorf("Allow %q", recorder.Header().Get("Allow"))
		}
	}
}

func TestPhoneagentsRefusals(t *testing.T) {
	c := phoneagentsCaller(t)
	var agent phoneagentsAgentView
	c.read("POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 201, &agent)
	one := phoneagentsAgents + "/" + agent.AgentID
	long := func(n int) string { return strings.Repeat("a", n) }
	number := func(platform, meta, token, rest string) string {
		return fmt.Sprintf(`{"platform":%q,"meta_phone_number_id":%q,"access_token":%q%s}`, platform, meta, token, rest)
	}
	c.do("POST", phoneagentsNumbers, number("whatsapp", "taken", "0123456789", `,"id":"pn_2"`), 201)

	for _, step := range []struct {
		method, path, body string
		status             int
		class, message     string
	}{
		{"POST", phoneagentsAgents, ``, 400, "Validation error", "request body is empty"},
		{"POST", phoneagentsAgents, "{\"name\":\"\xff\"}", 400, "Validation error", "request body is not valid UTF-8"},
		{"POST", phoneagentsAgents, `[]`, 400, "Validation error", "request body is not a JSON object"},
		{"POST", phoneagentsAgents, `null`, 400, "Validation error", "request body is not a JSON object"},
		{"POST", phoneagentsAgents, `"x"`, 400, "Validation error", "request body is not a JSON object"},
		{"PATCH", one, `{`, 400, "Validation error", "request body is not valid JSON"},
		{"POST", phoneagentsNumbers, `{`, 400, "Validation error", "request body is not valid JSON"},
		{"POST", phoneagentsAgents, `{"phone_number_id":null}`, 400, "Validation error", "phone_number_id is required"},
		{"POST", phoneagentsAgents, agentBody("", "p", "n"), 400, "Validation error", "phone_number_id is required"},
		{"POST", phoneagentsAgents, agentBody(long(51), "p", "n"), 400, "Validation error", "phone_number_id must be 1 to 50 characters long"},
		{"POST", phoneagentsAgents, agentBody("pn", long(101), "n"), 400, "Validation error", "prompt_id must be 1 to 100 characters long"},
		{"POST", phoneagentsAgents, agentBody("pn", "p", long(256)), 400, "Validation error", "name must be 1 to 255 characters long"},
		{"POST", phoneagentsAgents, agentBody("pn", "p", strings.Repeat("\U0001F600", 128)), 400, "Validation error", "name must be 1 to 255 characters long"},
		{"POST", phoneagentsAgents, agentBody("pn", "p\tq", "n"), 400, "Validation error", "Invalid prompt_id"},
		{"POST", "/v1/users/usr_other/agents", agentBody("pn_1", "p", "n"), 404, "Not Found", "Phone number not found"},
		{"POST", "/v1/users/" + long(51) + "/agents", agentBody("pn_1", "p", "n"), 400, "Validation error", "user_id must be 1 to 50 characters long"},

		{"PATCH", phoneagentsAgents + "/agt_x", `{}`, 400, "Missing update fields", "At least one field (name or prompt_id) must be provided"},
		{"PATCH", phoneagentsAgents + "/agt_x", `{"phone_number_id":"pn_9","name":null}`, 400, "Missing update fields", "At least one field (name or prompt_id) must be provided"},
		{"PATCH", phoneagentsAgents + "/agt_x", `{"name":""}`, 400, "Validation error", "name must be 1 to 255 characters long"},
		{"PATCH", phoneagentsAgents + "/agt_x", `{"name":"n","prompt_id":5}`, 400, "Validation error", "prompt_id must be a string"},
		{"PATCH", phoneagentsAgents + "/agt_x", `{"name":"n"}`, 404, "Agent not found", "Agent with ID agt_x not found"},
		{"GET", phoneagentsAgents + "/agt%20x", ``, 404, "Agent not found", "Agent with ID agt x not found"},
		{"DELETE", phoneagentsAgents + "/agt_x", ``, 404, "Agent not found", "Agent with ID agt_x not found"},

		{"GET", phoneagentsAgents + "?limit=x", ``, 400, "Validation error", "limit must be an integer that is not negative"},
		{"GET", phoneagentsAgents + "?offset=-1", ``, 400, "Validation error", "offset must be an integer that is not negative"},
		{"GET", phoneagentsAgents + "?orderBy=drop", ``, 400, "Validation error", "orderBy names no column to order by"},
		{"GET", phoneagentsAgents + "?orderDirection=up", ``, 400, "Validation error", "orderDirection must be ASC or DESC"},

		{"POST", phoneagentsNumbers, `{}`, 400, "Validation error", "platform is required"},
		{"POST", phoneagentsNumbers, `{"platform":"fax"}`, 400, "Validation error", "meta_phone_number_id is required"},
		{"POST", phoneagentsNumbers, `{"platform":"fax","meta_phone_number_id":"1"}`, 400, "Validation error", "access_token is required"},
		{"POST", phoneagentsNumbers, number("fax", "1", "short", ""), 400, "Invalid platform", "Platform must be one of: whatsapp, instagram, webchat"},
		{"POST", phoneagentsNumbers, number("webchat", long(101), "0123456789", ""), 400, "Validation error", "meta_phone_number_id must be 1 to 100 characters long"},
		{"POST", phoneagentsNumbers, number("webchat", "1", "short", ""), 400, "Validation error", "access_token must be 10 to 1000 characters long"},
		{"POST", phoneagentsNumbers, number("webchat", "1", long(1001), ""), 400, "Validation error", "access_token must be 10 to 1000 characters long"},
		{"POST", phoneagentsNumbers, number("webchat", "1", "0123456789", `,"display_name":"`+long(256)+`"`), 400, "Validation error", "display_name must be 0 to 255 characters long"},
		{"POST", phoneagentsNumbers, number("webchat", "1", "0123456789", `,"id":"a b"`), 400, "Validation error", "id may contain only letters, digits, hyphens and underscores"},
		{"POST", phoneagentsNumbers, number("webchat", "1", "0123456789", `,"id":"pn_2"`), 400, "Failed to add phone number", "Phone number with ID pn_2 already exists"},
		{"POST", "/v1/users/usr_other/phone_numbers", number("whatsapp", "taken", "0123456789", ""), 400, "Failed to add phone number", "Meta phone number taken is already registered for whatsapp"},
		{"GET", phoneagentsNumbers + "?platform=fax", ``, 400, "Invalid platform", "Platform must be one of: whatsapp, instagram, webchat"},
		{"GET", phoneagentsNumbers + "?limit=x", ``, 400, "Validation error", "limit must be an integer that is not negative"},
		{"DELETE", phoneagentsNumbers + "/pn_x", ``, 404, "Phone number not found", "Phone number with ID pn_x not found"},
		{"DELETE", "/v1/users/usr_other/phone_numbers/pn_1", ``, 403, "Forbidden", "Phone number does not belong to this user"},
		{"DELETE", phoneagentsNumbers + "/pn_1", ``, 409, "Conflict", "Cannot delete phone number with an active agent. Delete the agent first."},
	} {
		recorder := c.do(step.method, step.path, step.body, step.status)
		want := squeeze(t, fmt.Sprintf(`{"error":%q,"message":%q,"correlation_id":"req_abc123","timestamp":"2025-02-10T10:00:00Z"}`, step.class, step.message))
		if got := recorder.Body.String(); got != want {
			t.Errorf("%s %s %.100s: %s, want %s", step.method, step.path, step.body, got, want)
		}
		if reason := recorder.Header().Get("X-Mock-Reason"); reason == "" || strings.Contains(reason, "0123456789") {
			t.Errorf("%s %s %.100s: reason %q", step.method, step.path, step.body, reason)
		}
	}
	if agents := c.server.Agents(Phoneagents); len(agents) != 1 {
		t.Errorf("refused creates made agents: %v", agents)
	}
	c.do("POST", phoneagentsAgents, agentBody(long(50), long(100), strings.Repeat("ä", 255)), 201)
	c.do("POST", phoneagentsNumbers, number("whatsapp", long(100), long(1000), `,"display_name":""`), 201)
}

func TestPhoneagentsLife(t *testing.T) {
	c := phoneagentsCaller(t).with("x-correlation-id", "")
	now := time.Date(2025, 2, 10, 10, 0, 0, 0, time.UTC)
	c.server.config.Now = func() time.Time { return now }
	var made, got phoneagentsAgentView
	c.read("POST", phoneagentsAgents, `{"agent_id":"mine","phone_number_id":"pn_1","prompt_id":"p","name":"Tom & Ann"}`, 201, &made)
	if made.AgentID == "mine" || made.UpdatedAt != made.CreatedAt {
		t.Errorf("made %+v", made)
	}
	one := phoneagentsAgents + "/" + made.AgentID
	first := c.do("GET", one, "", 200)
	if body := first.Body.String(); body != string(c.server.Agents(Phoneagents)[0].JSON) || !strings.Contains(body, "Tom & Ann") {
		t.Errorf("a read answers %s, Agents says %s", body, c.server.Agents(Phoneagents)[0].JSON)
	}
	id := first.Header().Get("X-Correlation-Id")
	if again := c.do("GET", one, "", 200).Header().Get("X-Correlation-Id"); !strings.HasPrefix(id, "req_") || again == id {
		t.Errorf("correlation ids %q and %q", id, again)
	}

	now = now.Add(time.Second)
	c.read("PATCH", one, `{"prompt_id":"p 2","phone_number_id":"pn_9","agent_id":"x"}`, 200, &got)
	want := made
	want.PromptID, want.UpdatedAt = "p 2", now.Format(phoneagentsTime)
	if diff := cmp.Diff(want, got); diff != "" || want.UpdatedAt == made.UpdatedAt {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	// Without the version in the path it is the same agent.
	c.read("GET", strings.TrimPrefix(one, "/v1"), "", 200, &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}

	var gone phoneagentsEnvelope
	c.read("DELETE", one, "", 200, &gone)
	if !gone.Success || gone.Message != "Agent deleted successfully" || gone.CorrelationID == "" || gone.Timestamp == "" {
		t.Errorf("delete: %+v", gone)
	}
	c.do("DELETE", one, "", 404)
	c.do("GET", one, "", 404)
	c.read("POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 201, &got)
	if got.AgentID == made.AgentID {
		t.Errorf("the new agent has the id of the old one")
	}
	c.do("DELETE", phoneagentsAgents+"/"+got.AgentID, "", 200)
	c.do("DELETE", phoneagentsNumbers+"/pn_1", "", 200)
	c.do("DELETE", phoneagentsNumbers+"/pn_1", "", 404)
	if agents := c.server.Agents(Phoneagents); len(agents) != 0 {
		t.Errorf("agents: %+v", agents)
	}
}

func TestPhoneagentsTenants(t *testing.T) {
	c := phoneagentsCaller(t)
	var made phoneagentsAgentView
	c.read("POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 201, &made)

	otherUser := "/v1/users/usr_other/agents"
	for method, body := range map[string]string{"GET": "", "PATCH": `{"name":"x"}`, "DELETE": ""} {
		var refused phoneagentsError
		c.read(method, otherUser+"/"+made.AgentID, body, 403, &refused)
		if refused.Error != "Forbidden" || refused.Message != "Agent does not belong to this user" {
			t.Errorf("%s: %+v", method, refused)
		}
		c.with("x-api-key", "sk_second_key").do(method, phoneagentsAgents+"/"+made.AgentID, body, 404)
	}
	for _, stranger := range []struct {
		caller caller
		path   string
	}{{c, otherUser}, {c.with("x-api-key", "sk_second_key"), phoneagentsAgents}} {
		if body := stranger.caller.do("GET", stranger.path, "", 200).Body.String(); body != `{"agents":[]}` {
			t.Errorf("a stranger sees %s", body)
		}
	}
	// The same number id under another credential is another number.
	c.with("x-api-key", "sk_second_key").do("POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 201)
	if agents := c.server.Agents(Phoneagents); len(agents) != 2 || agents[0].Tenant != "usr_abc123" {
		t.Errorf("agents: %+v", agents)
	}
}

func TestPhoneagentsLists(t *testing.T) {
	c := phoneagentsCaller(t)
	second := 0
	c.server.config.Now = func() time.Time { return time.Unix(int64(second), 0) }
	for i, name := range []string{"b", "c", "a"} {
		second = i
		c.do("POST", phoneagentsAgents, agentBody("pn_"+name, "p", name), 201)
	}
	second = 9
	c.do("PATCH", phoneagentsAgents+"/"+c.server.Agents(Phoneagents)[0].ID, `{"prompt_id":"z"}`, 200)
	for query, want := range map[string]string{
		"":                                      "acb",
		"?orderDirection=ASC":                   "bca",
		"?orderBy=name":                         "cba",
		"?orderBy=name&orderDirection=asc":      "abc",
		"?orderBy=updated_at":                   "bac",
		"?orderBy=prompt_id":                    "bac",
		"?orderBy=prompt_id&orderDirection=ASC": "cab",
		"?limit=2":                              "ac",
		"?limit=2&offset=2":                     "b",
		"?offset=7":                             "",
		"?limit=0":                              "",
		"?limit=99&offset=1":                    "cb",
	} {
		var got struct{ Agents []phoneagentsAgentView }
		c.read("GET", phoneagentsAgents+query, "", 200, &got)
		var names []string
		for _, agent := range got.Agents {
			names = append(names, agent.Name)
		}
		if got := strings.Join(names, ""); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}

	for i := range 60 {
		body := fmt.Sprintf(`{"platform":"instagram","meta_phone_number_id":"m%d","access_token":"0123456789","display_name":"@me"}`, i)
		answered := c.do("POST", phoneagentsNumbers, body, 201).Body.String()
		if strings.Contains(answered, "0123456789") {
			t.Fatalf("the token is answered: %s", answered)
		}
	}
	for query, want := range map[string]int{"": 50, "?limit=100": 63, "?platform=whatsapp": 3, "?platform=instagram&limit=7": 7, "?platform=webchat": 0} {
		var got struct {
			PhoneNumbers []phoneagentsNumberView `json:"phone_numbers"`
		}
		c.read("GET", phoneagentsNumbers+query, "", 200, &got)
		if len(got.PhoneNumbers) != want || got.PhoneNumbers == nil {
			t.Errorf("%q: %d numbers, want %d", query, len(got.PhoneNumbers), want)
		}
	}
}

func TestPhoneagentsUpstream(t *testing.T) {
	c := phoneagentsCaller(t, PhoneagentsUpstream)
	tail := `,"timestamp":"2025-02-10T10:00:00.000Z","correlationId":"req_abc123"}`
	agent := `{"agent_id":"mine","user_id":"usr_abc123","phone_number_id":"pn_1","prompt_id":"p","name":"n","created_at":"2025-02-10T10:00:00.000Z","updated_at":"2025-02-10T10:00:00.000Z"}`
	create := `{"agent_id":"mine","phone_number_id":"pn_1","prompt_id":"p","name":"n"}`
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", phoneagentsAgents, ``, 200, `{"success":true,"data":[],"count":0` + tail},
		{"POST", phoneagentsAgents, create, 201, `{"success":true,"data":` + agent + tail},
		{"POST", phoneagentsAgents, create, 400, `{"error":"Failed to create agent","message":"Agent with ID mine already exists"` + tail},
		{"POST", phoneagentsAgents, `{"agent_id":"a b","phone_number_id":"pn_1","prompt_id":"p","name":"n"}`, 400, `{"error":"Validation error","message":"agent_id may contain only letters, digits, hyphens and underscores"` + tail},
		{"POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 409, `{"error":"Conflict","message":"Phone number already has an active agent"` + tail},
		{"GET", phoneagentsAgents, ``, 200, `{"success":true,"data":[` + agent + `],"count":1` + tail},
		{"GET", phoneagentsAgents + "/mine", ``, 200, `{"success":true,"data":` + agent + tail},
		{"GET", phoneagentsAgents + "?limit=x", ``, 404, `{"error":"Failed to retrieve agents","message":"Failed to get agents"` + tail},
		{"PATCH", phoneagentsAgents + "/mine", `{"name":"n"}`, 200, `{"success":true,"data":` + agent + tail},
		{"DELETE", phoneagentsAgents + "/mine", ``, 200, `{"success":true,"message":"Agent deleted successfully"` + tail},
	} {
		if got := c.do(step.method, step.path, step.body, step.status).Body.String(); got != step.want {
			t.Errorf("%s %s %s:\ngot  %s\nwant %s", step.method, step.path, step.body, got, step.want)
		}
	}
	id := c.with("x-correlation-id", "").do("GET", phoneagentsAgents, "", 200).Header().Get("X-Correlation-Id")
	if !regexp.MustCompile(`^1739181600000-[0-9a-z]+$`).MatchString(id) {
		t.Errorf("correlation id %q", id)
	}
}

func TestPhoneagentsVariants(t *testing.T) {
	c := phoneagentsCaller(t, PhoneagentsReplace)
	var first, second phoneagentsAgentView
	c.read("POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 201, &first)
	c.read("POST", phoneagentsAgents, agentBody("pn_1", "p2", "n"), 201, &second)
	c.do("GET", phoneagentsAgents+"/"+first.AgentID, "", 404)
	if agents := c.server.Agents(Phoneagents); len(agents) != 1 || agents[0].ID != second.AgentID || first.AgentID == second.AgentID {
		t.Errorf("after the replacement: %+v", agents)
	}
	c.do("POST", "/v1/users/usr_other/agents", agentBody("pn_1", "p", "n"), 404)

	c = phoneagentsCaller(t, PhoneagentsDelete204)
	c.read("POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 201, &first)
	for _, path := range []string{phoneagentsAgents + "/" + first.AgentID, phoneagentsNumbers + "/pn_1"} {
		if recorder := c.do("DELETE", path, "", 204); recorder.Body.Len() != 0 || recorder.Header().Get("X-Correlation-Id") != "req_abc123" {
			t.Errorf("delete %s: %v %s", path, recorder.Header(), recorder.Body)
		}
		c.do("DELETE", path, "", 404)
	}
}

func TestPhoneagentsFailure(t *testing.T) {
	c := phoneagentsCaller(t)
	for _, step := range []struct {
		status                   int
		message, class, message2 string
	}{
		{400, "", "Validation error", "Invalid request"},
		{404, "", "Not Found", "Phone number not found"},
		{409, "", "Conflict", "Phone number already has an active agent"},
		{429, "", "Too Many Requests", "Rate limit exceeded"},
		{500, "", "Internal Server Error", "Something went wrong"},
		{503, "down", "Service Unavailable", "down"},
		{599, "", "Status 599", "Status 599"},
	} {
		x := &exchange{namespace: c.server.defaultNamespace, header: http.Header{"X-Correlation-Id": {"req_abc123"}}}
		a := phoneagentsDialect{}.failure(x, step.status, step.message)
		want := fmt.Sprintf(`{"error":%q,"message":%q,"correlation_id":"req_abc123","timestamp":"2025-02-10T10:00:00Z"}`, step.class, step.message2)
		if a.status != step.status || string(a.body) != want {
			t.Errorf("%d: %d %s, want %s", step.status, a.status, a.body, want)
		}
	}
}

func TestPhoneagentsStateRoundTrip(t *testing.T) {
	c := phoneagentsCaller(t)
	c.do("POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 201)
	c.do("POST", phoneagentsNumbers, `{"platform":"webchat","meta_phone_number_id":"w","access_token":"0123456789"}`, 201)
	stored, err := json.Marshal(c.server.states[Phoneagents])
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"0123456789", "sk_live_"} {
		if strings.Contains(string(stored), secret) {
			t.Errorf("the state holds %s: %s", secret, stored)
		}
	}
	numbers := c.do("GET", phoneagentsNumbers, "", 200).Body.String()
	c.server = roundTrip(t, c.server, Phoneagents, c.server.config)
	if got := c.do("GET", phoneagentsNumbers, "", 200).Body.String(); got != numbers {
		t.Errorf("phone numbers after the round trip %s, before %s", got, numbers)
	}
	c.do("POST", phoneagentsAgents, agentBody("pn_1", "p", "n"), 409)
}

func TestPhoneagentsDeterministicIDs(t *testing.T) {
	var runs [2][]string
	for i := range runs {
		c := phoneagentsCaller(t).with("x-correlation-id", "")
		for _, number := range []string{"pn_1", "pn_2"} {
			recorder := c.do("POST", phoneagentsAgents, agentBody(number, "p", "n"), 201)
			runs[i] = append(runs[i], recorder.Body.String(), recorder.Header().Get("X-Correlation-Id"))
		}
	}
	if diff := cmp.Diff(runs[0], runs[1]); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
	if ids := slices.Compact(slices.Sorted(slices.Values(runs[0]))); len(ids) != 4 {
		t.Errorf("ids repeat: %v", runs[0])
	}
}
