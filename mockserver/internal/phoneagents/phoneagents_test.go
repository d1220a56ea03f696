package phoneagents_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

const (
	agentsPath  = "/v1/users/usr_abc123/agents"
	numbersPath = "/v1/users/usr_abc123/phone_numbers"
)

const timeLayout = "2006-01-02T15:04:05Z"

// agent is an agent as responses have it.
type agent struct {
	AgentID       string `json:"agent_id"`
	UserID        string `json:"user_id"`
	PhoneNumberID string `json:"phone_number_id"`
	PromptID      string `json:"prompt_id"`
	Name          string `json:"name"`
	CreatedAt     string `json:"created_at"`
	UpdatedAt     string `json:"updated_at"`
}

// phoneNumber is a phone number as responses have it.
type phoneNumber struct {
	ID string `json:"id"`
}

// apiError is an error as responses have it.
type apiError struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

// envelope is the response to a delete.
type envelope struct {
	Success       bool   `json:"success"`
	Message       string `json:"message"`
	CorrelationID string `json:"correlation_id"`
	Timestamp     string `json:"timestamp"`
}

func newCaller(t *testing.T, config mockserver.Config) roomtest.Caller {
	if config.Now == nil {
		config.Now = func() time.Time { return time.Date(2025, 2, 10, 10, 0, 0, 0, time.UTC) }
	}
	return roomtest.Caller{T: t, Server: roomtest.NewServer(t, config), Prefix: "/phoneagents", Headers: map[string]string{
		"x-api-key": "sk_live_...", "Content-Type": "application/json", "x-correlation-id": "req_abc123",
	}}
}

// agentBody is the body of a create.
func agentBody(number, prompt, name string) string {
	return fmt.Sprintf(`{"phone_number_id":%q,"prompt_id":%q,"name":%q}`, number, prompt, name)
}

var agentID = regexp.MustCompile(`"agent_id":"agt_[0-9a-f]{12}"`)

func TestPublishedCommands(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	exactly := func(got, file string) {
		t.Helper()
		got = agentID.ReplaceAllString(got, `"agent_id":"agt_xyz789"`)
		if diff := cmp.Diff(roomtest.Squeeze(t, roomtest.Sample(t, file)), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	exactly(c.Do("POST", agentsPath, roomtest.Sample(t, "create.json"), 201).Body.String(), "agent.json")
	exactly(c.Do("POST", agentsPath, roomtest.Sample(t, "create.json"), 409).Body.String(), "error_409.json")
	exactly(c.Do("POST", agentsPath, `{"phone_number_id":"pn_abc123","name":"x"}`, 400).Body.String(), "error_400.json")
	exactly(c.With("x-api-key", "").Do("POST", agentsPath, roomtest.Sample(t, "create.json"), 401).Body.String(), "error_401.json")

	for file, want := range map[string]agent{
		"create_whatsapp":  {PhoneNumberID: "pn_whatsapp_123", PromptID: "prompt_support_v1", Name: "WhatsApp Support Bot"},
		"create_instagram": {PhoneNumberID: "pn_instagram_456", PromptID: "prompt_sales_v2", Name: "Instagram Sales Assistant"},
	} {
		var got agent
		c.Read("POST", agentsPath, roomtest.Sample(t, ""+file+".json"), 201, &got)
		want.AgentID, want.UserID = got.AgentID, "usr_abc123"
		want.CreatedAt, want.UpdatedAt = "2025-02-10T10:00:00Z", "2025-02-10T10:00:00Z"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}

	var numbers struct {
		PhoneNumbers []phoneNumber `json:"phone_numbers"`
	}
	c.Read("GET", numbersPath, "", 200, &numbers)
	if len(numbers.PhoneNumbers) != 3 {
		t.Errorf("phone numbers: %+v", numbers)
	}
	for _, agent := range c.Server.Agents(mockserver.Phoneagents) {
		c.Do("PATCH", agentsPath+"/"+agent.ID, `{"prompt_id":"prompt_next"}`, 200)
		c.Do("DELETE", agentsPath+"/"+agent.ID, "", 200)
	}
	c.Do("POST", agentsPath, roomtest.Sample(t, "create.json"), 201)
}

func TestOrderOfChecks(t *testing.T) {
	c := newCaller(t, mockserver.Config{
		APIKeys:  []string{"sk_good", "sk_other"},
		Variants: []string{mockserver.PhoneagentsRegisteredNumbers},
	})
	good := c.With("x-api-key", "sk_good")
	var number phoneNumber
	good.Read("POST", numbersPath, `{"platform":"whatsapp","meta_phone_number_id":"1","access_token":"0123456789"}`, 201, &number)

	bad := "/v1/users/usr%20abc/agents"
	for _, step := range []struct {
		key, path, contentType, body string
		status                       int
		class, message               string
	}{
		{"", "/v1/nowhere", "text/plain", `{`, 401, "Unauthorized", "Invalid API key"},
		{"sk_bad", "/v1/nowhere", "text/plain", `{`, 401, "Unauthorized", "Invalid API key"},
		{"sk_good", "/v1/nowhere", "text/plain", `{`, 404, "Not Found", "Route POST /v1/nowhere not found"},
		{"sk_good", agentsPath + "/x", "text/plain", `{`, 405, "Method Not Allowed", "Method POST is not allowed here"},
		{"sk_good", bad, "text/plain", `{`, 415, "Unsupported Media Type", "Content-Type must be application/json"},
		{"sk_good", bad, "application/json", `{`, 400, "Validation error", "request body is not valid JSON"},
		{"sk_good", bad, "application/json", `{}`, 400, "Validation error", "user_id may contain only letters, digits, hyphens and underscores"},
		{"sk_good", agentsPath, "application/json", `{}`, 400, "Validation error", "phone_number_id is required"},
		{"sk_good", agentsPath, "application/json", `{"phone_number_id":"a b"}`, 400, "Validation error", "prompt_id is required"},
		{"sk_good", agentsPath, "application/json", `{"phone_number_id":"a b","prompt_id":" p"}`, 400, "Validation error", "name is required"},
		{"sk_good", agentsPath, "application/json", `{"phone_number_id":"a b","prompt_id":" p","name":7}`, 400, "Validation error", "phone_number_id may contain only letters, digits, hyphens and underscores"},
		{"sk_good", agentsPath, "application/json", `{"phone_number_id":"ab","prompt_id":" p","name":7}`, 400, "Validation error", "name must be a string"},
		{"sk_good", agentsPath, "application/json", agentBody("ab", " p", "n"), 400, "Validation error", "Invalid prompt_id"},
		{"sk_good", agentsPath, "application/json", agentBody("ab", "p", "n"), 404, "Not Found", "Phone number not found"},
		{"sk_good", agentsPath, "application/json", agentBody(number.ID, "p", "n"), 201, "", ""},
		{"sk_good", agentsPath, "application/json", agentBody(number.ID, "p", "n"), 409, "Conflict", "Phone number already has an active agent"},
	} {
		var got apiError
		recorder := c.With("x-api-key", step.key).With("Content-Type", step.contentType).Do("POST", step.path, step.body, step.status)
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

func TestRefusals(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	var agent agent
	c.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &agent)
	one := agentsPath + "/" + agent.AgentID
	long := func(n int) string { return strings.Repeat("a", n) }
	number := func(platform, meta, token, rest string) string {
		return fmt.Sprintf(`{"platform":%q,"meta_phone_number_id":%q,"access_token":%q%s}`, platform, meta, token, rest)
	}
	c.Do("POST", numbersPath, number("whatsapp", "taken", "0123456789", `,"id":"pn_2"`), 201)

	for _, step := range []struct {
		method, path, body string
		status             int
		class, message     string
	}{
		{"POST", agentsPath, ``, 400, "Validation error", "request body is empty"},
		{"POST", agentsPath, "{\"name\":\"\xff\"}", 400, "Validation error", "request body is not valid UTF-8"},
		{"POST", agentsPath, `[]`, 400, "Validation error", "request body is not a JSON object"},
		{"POST", agentsPath, `null`, 400, "Validation error", "request body is not a JSON object"},
		{"POST", agentsPath, `"x"`, 400, "Validation error", "request body is not a JSON object"},
		{"PATCH", one, `{`, 400, "Validation error", "request body is not valid JSON"},
		{"POST", numbersPath, `{`, 400, "Validation error", "request body is not valid JSON"},
		{"POST", agentsPath, `{"phone_number_id":null}`, 400, "Validation error", "phone_number_id is required"},
		{"POST", agentsPath, agentBody("", "p", "n"), 400, "Validation error", "phone_number_id is required"},
		{"POST", agentsPath, agentBody(long(51), "p", "n"), 400, "Validation error", "phone_number_id must be 1 to 50 characters long"},
		{"POST", agentsPath, agentBody("pn", long(101), "n"), 400, "Validation error", "prompt_id must be 1 to 100 characters long"},
		{"POST", agentsPath, agentBody("pn", "p", long(256)), 400, "Validation error", "name must be 1 to 255 characters long"},
		{"POST", agentsPath, agentBody("pn", "p", strings.Repeat("\U0001F600", 128)), 400, "Validation error", "name must be 1 to 255 characters long"},
		{"POST", agentsPath, agentBody("pn", "p\tq", "n"), 400, "Validation error", "Invalid prompt_id"},
		{"POST", "/v1/users/usr_other/agents", agentBody("pn_1", "p", "n"), 404, "Not Found", "Phone number not found"},
		{"POST", "/v1/users/" + long(51) + "/agents", agentBody("pn_1", "p", "n"), 400, "Validation error", "user_id must be 1 to 50 characters long"},

		{"PATCH", agentsPath + "/agt_x", `{}`, 400, "Missing update fields", "At least one field (name or prompt_id) must be provided"},
		{"PATCH", agentsPath + "/agt_x", `{"phone_number_id":"pn_9","name":null}`, 400, "Missing update fields", "At least one field (name or prompt_id) must be provided"},
		{"PATCH", agentsPath + "/agt_x", `{"name":""}`, 400, "Validation error", "name must be 1 to 255 characters long"},
		{"PATCH", agentsPath + "/agt_x", `{"name":"n","prompt_id":5}`, 400, "Validation error", "prompt_id must be a string"},
		{"PATCH", agentsPath + "/agt_x", `{"name":"n"}`, 404, "Agent not found", "Agent with ID agt_x not found"},
		{"GET", agentsPath + "/agt%20x", ``, 404, "Agent not found", "Agent with ID agt x not found"},
		{"DELETE", agentsPath + "/agt_x", ``, 404, "Agent not found", "Agent with ID agt_x not found"},

		{"GET", agentsPath + "?limit=x", ``, 400, "Validation error", "limit must be an integer that is not negative"},
		{"GET", agentsPath + "?offset=-1", ``, 400, "Validation error", "offset must be an integer that is not negative"},
		{"GET", agentsPath + "?orderBy=drop", ``, 400, "Validation error", "orderBy names no column to order by"},
		{"GET", agentsPath + "?orderDirection=up", ``, 400, "Validation error", "orderDirection must be ASC or DESC"},

		{"POST", numbersPath, `{}`, 400, "Validation error", "platform is required"},
		{"POST", numbersPath, `{"platform":"fax"}`, 400, "Validation error", "meta_phone_number_id is required"},
		{"POST", numbersPath, `{"platform":"fax","meta_phone_number_id":"1"}`, 400, "Validation error", "access_token is required"},
		{"POST", numbersPath, number("fax", "1", "short", ""), 400, "Invalid platform", "Platform must be one of: whatsapp, instagram, webchat"},
		{"POST", numbersPath, number("webchat", long(101), "0123456789", ""), 400, "Validation error", "meta_phone_number_id must be 1 to 100 characters long"},
		{"POST", numbersPath, number("webchat", "1", "short", ""), 400, "Validation error", "access_token must be 10 to 1000 characters long"},
		{"POST", numbersPath, number("webchat", "1", long(1001), ""), 400, "Validation error", "access_token must be 10 to 1000 characters long"},
		{"POST", numbersPath, number("webchat", "1", "0123456789", `,"display_name":"`+long(256)+`"`), 400, "Validation error", "display_name must be 0 to 255 characters long"},
		{"POST", numbersPath, number("webchat", "1", "0123456789", `,"id":"a b"`), 400, "Validation error", "id may contain only letters, digits, hyphens and underscores"},
		{"POST", numbersPath, number("webchat", "1", "0123456789", `,"id":"pn_2"`), 400, "Failed to add phone number", "Phone number with ID pn_2 already exists"},
		{"POST", "/v1/users/usr_other/phone_numbers", number("whatsapp", "taken", "0123456789", ""), 400, "Failed to add phone number", "Meta phone number taken is already registered for whatsapp"},
		{"GET", numbersPath + "?platform=fax", ``, 400, "Invalid platform", "Platform must be one of: whatsapp, instagram, webchat"},
		{"GET", numbersPath + "?limit=x", ``, 400, "Validation error", "limit must be an integer that is not negative"},
		{"DELETE", numbersPath + "/pn_x", ``, 404, "Phone number not found", "Phone number with ID pn_x not found"},
		{"DELETE", "/v1/users/usr_other/phone_numbers/pn_1", ``, 403, "Forbidden", "Phone number does not belong to this user"},
		{"DELETE", numbersPath + "/pn_1", ``, 409, "Conflict", "Cannot delete phone number with an active agent. Delete the agent first."},
	} {
		recorder := c.Do(step.method, step.path, step.body, step.status)
		want := roomtest.Squeeze(t, fmt.Sprintf(`{"error":%q,"message":%q,"correlation_id":"req_abc123","timestamp":"2025-02-10T10:00:00Z"}`, step.class, step.message))
		if got := recorder.Body.String(); got != want {
			t.Errorf("%s %s %.100s: %s, want %s", step.method, step.path, step.body, got, want)
		}
		if reason := recorder.Header().Get("X-Mock-Reason"); reason == "" || strings.Contains(reason, "0123456789") {
			t.Errorf("%s %s %.100s: reason %q", step.method, step.path, step.body, reason)
		}
	}
	if agents := c.Server.Agents(mockserver.Phoneagents); len(agents) != 1 {
		t.Errorf("refused creates made agents: %v", agents)
	}
	c.Do("POST", agentsPath, agentBody(long(50), long(100), strings.Repeat("ä", 255)), 201)
	c.Do("POST", numbersPath, number("whatsapp", long(100), long(1000), `,"display_name":""`), 201)
}

func TestLife(t *testing.T) {
	now := time.Date(2025, 2, 10, 10, 0, 0, 0, time.UTC)
	c := newCaller(t, mockserver.Config{Now: func() time.Time { return now }}).With("x-correlation-id", "")
	var made, got agent
	c.Read("POST", agentsPath, `{"agent_id":"mine","phone_number_id":"pn_1","prompt_id":"p","name":"Tom & Ann"}`, 201, &made)
	if made.AgentID == "mine" || made.UpdatedAt != made.CreatedAt {
		t.Errorf("made %+v", made)
	}
	one := agentsPath + "/" + made.AgentID
	first := c.Do("GET", one, "", 200)
	if body := first.Body.String(); body != string(c.Server.Agents(mockserver.Phoneagents)[0].JSON) || !strings.Contains(body, "Tom & Ann") {
		t.Errorf("a read responds %s, Agents says %s", body, c.Server.Agents(mockserver.Phoneagents)[0].JSON)
	}
	id := first.Header().Get("X-Correlation-Id")
	if again := c.Do("GET", one, "", 200).Header().Get("X-Correlation-Id"); !strings.HasPrefix(id, "req_") || again == id {
		t.Errorf("correlation ids %q and %q", id, again)
	}

	now = now.Add(time.Second)
	c.Read("PATCH", one, `{"prompt_id":"p 2","phone_number_id":"pn_9","agent_id":"x"}`, 200, &got)
	want := made
	want.PromptID, want.UpdatedAt = "p 2", now.Format(timeLayout)
	if diff := cmp.Diff(want, got); diff != "" || want.UpdatedAt == made.UpdatedAt {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	// Without the version in the path it is the same agent.
	c.Read("GET", strings.TrimPrefix(one, "/v1"), "", 200, &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}

	var gone envelope
	c.Read("DELETE", one, "", 200, &gone)
	if !gone.Success || gone.Message != "Agent deleted successfully" || gone.CorrelationID == "" || gone.Timestamp == "" {
		t.Errorf("delete: %+v", gone)
	}
	c.Do("DELETE", one, "", 404)
	c.Do("GET", one, "", 404)
	c.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &got)
	if got.AgentID == made.AgentID {
		t.Errorf("the new agent has the id of the old one")
	}
	c.Do("DELETE", agentsPath+"/"+got.AgentID, "", 200)
	c.Do("DELETE", numbersPath+"/pn_1", "", 200)
	c.Do("DELETE", numbersPath+"/pn_1", "", 404)
	if agents := c.Server.Agents(mockserver.Phoneagents); len(agents) != 0 {
		t.Errorf("agents: %+v", agents)
	}
}

func TestUsersAreSeparate(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	var made agent
	c.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &made)

	otherUser := "/v1/users/usr_other/agents"
	for method, body := range map[string]string{"GET": "", "PATCH": `{"name":"x"}`, "DELETE": ""} {
		var refused apiError
		c.Read(method, otherUser+"/"+made.AgentID, body, 403, &refused)
		if refused.Error != "Forbidden" || refused.Message != "Agent does not belong to this user" {
			t.Errorf("%s: %+v", method, refused)
		}
	}
	if body := c.Do("GET", otherUser, "", 200).Body.String(); body != `{"agents":[]}` {
		t.Errorf("a stranger sees %s", body)
	}
	if agents := c.Server.Agents(mockserver.Phoneagents); len(agents) != 1 || agents[0].Tenant != "usr_abc123" {
		t.Errorf("agents: %+v", agents)
	}
}

// Keys belong to one organization unless the mock is told otherwise.
func TestKeysSeeTheSameAgents(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	var made agent
	c.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &made)
	second := c.With("x-api-key", "sk_second_key")
	second.Do("GET", agentsPath+"/"+made.AgentID, "", 200)
	second.Do("POST", agentsPath, agentBody("pn_1", "p", "n"), 409)
	second.Do("DELETE", agentsPath+"/"+made.AgentID, "", 200)
	c.Do("GET", agentsPath+"/"+made.AgentID, "", 404)
}

func TestOrganizationsAreSeparate(t *testing.T) {
	c := newCaller(t, mockserver.Config{Tenants: map[string]string{"sk_first_key": "acme", "sk_second_key": "bolt"}})
	first, second := c.With("x-api-key", "sk_first_key"), c.With("x-api-key", "sk_second_key")
	var made agent
	first.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &made)
	for method, body := range map[string]string{"GET": "", "PATCH": `{"name":"x"}`, "DELETE": ""} {
		second.Do(method, agentsPath+"/"+made.AgentID, body, 404)
	}
	if body := second.Do("GET", agentsPath, "", 200).Body.String(); body != `{"agents":[]}` {
		t.Errorf("a stranger sees %s", body)
	}
	// The same number id of another organization is another number.
	second.Do("POST", agentsPath, agentBody("pn_1", "p", "n"), 201)
	if agents := c.Server.Agents(mockserver.Phoneagents); len(agents) != 2 || agents[0].Tenant != "usr_abc123" {
		t.Errorf("agents: %+v", agents)
	}
}

func TestLists(t *testing.T) {
	second := 0
	c := newCaller(t, mockserver.Config{Now: func() time.Time { return time.Unix(int64(second), 0) }})
	for i, name := range []string{"b", "c", "a"} {
		second = i
		c.Do("POST", agentsPath, agentBody("pn_"+name, "p", name), 201)
	}
	second = 9
	c.Do("PATCH", agentsPath+"/"+c.Server.Agents(mockserver.Phoneagents)[0].ID, `{"prompt_id":"z"}`, 200)
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
		var got struct{ Agents []agent }
		c.Read("GET", agentsPath+query, "", 200, &got)
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
		response := c.Do("POST", numbersPath, body, 201).Body.String()
		if strings.Contains(response, "0123456789") {
			t.Fatalf("the token is in the response: %s", response)
		}
	}
	for query, want := range map[string]int{"": 50, "?limit=100": 63, "?platform=whatsapp": 3, "?platform=instagram&limit=7": 7, "?platform=webchat": 0} {
		var got struct {
			PhoneNumbers []phoneNumber `json:"phone_numbers"`
		}
		c.Read("GET", numbersPath+query, "", 200, &got)
		if len(got.PhoneNumbers) != want || got.PhoneNumbers == nil {
			t.Errorf("%q: %d numbers, want %d", query, len(got.PhoneNumbers), want)
		}
	}
}

func TestUpstream(t *testing.T) {
	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.PhoneagentsUpstream}})
	tail := `,"timestamp":"2025-02-10T10:00:00.000Z","correlationId":"req_abc123"}`
	agent := `{"agent_id":"mine","user_id":"usr_abc123","phone_number_id":"pn_1","prompt_id":"p","name":"n","created_at":"2025-02-10T10:00:00.000Z","updated_at":"2025-02-10T10:00:00.000Z"}`
	create := `{"agent_id":"mine","phone_number_id":"pn_1","prompt_id":"p","name":"n"}`
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", agentsPath, ``, 200, `{"success":true,"data":[],"count":0` + tail},
		{"POST", agentsPath, create, 201, `{"success":true,"data":` + agent + tail},
		{"POST", agentsPath, create, 400, `{"error":"Failed to create agent","message":"Agent with ID mine already exists"` + tail},
		{"POST", agentsPath, `{"agent_id":"a b","phone_number_id":"pn_1","prompt_id":"p","name":"n"}`, 400, `{"error":"Validation error","message":"agent_id may contain only letters, digits, hyphens and underscores"` + tail},
		{"POST", agentsPath, agentBody("pn_1", "p", "n"), 409, `{"error":"Conflict","message":"Phone number already has an active agent"` + tail},
		{"GET", agentsPath, ``, 200, `{"success":true,"data":[` + agent + `],"count":1` + tail},
		{"GET", agentsPath + "/mine", ``, 200, `{"success":true,"data":` + agent + tail},
		{"GET", agentsPath + "?limit=x", ``, 404, `{"error":"Failed to retrieve agents","message":"Failed to get agents"` + tail},
		{"PATCH", agentsPath + "/mine", `{"name":"n"}`, 200, `{"success":true,"data":` + agent + tail},
		{"DELETE", agentsPath + "/mine", ``, 200, `{"success":true,"message":"Agent deleted successfully"` + tail},
	} {
		if got := c.Do(step.method, step.path, step.body, step.status).Body.String(); got != step.want {
			t.Errorf("%s %s %s:\ngot  %s\nwant %s", step.method, step.path, step.body, got, step.want)
		}
	}
	id := c.With("x-correlation-id", "").Do("GET", agentsPath, "", 200).Header().Get("X-Correlation-Id")
	if !regexp.MustCompile(`^1739181600000-[0-9a-z]+$`).MatchString(id) {
		t.Errorf("correlation id %q", id)
	}
}

func TestVariants(t *testing.T) {
	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.PhoneagentsReplace}})
	var first, second agent
	c.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &first)
	c.Read("POST", agentsPath, agentBody("pn_1", "p2", "n"), 201, &second)
	c.Do("GET", agentsPath+"/"+first.AgentID, "", 404)
	if agents := c.Server.Agents(mockserver.Phoneagents); len(agents) != 1 || agents[0].ID != second.AgentID || first.AgentID == second.AgentID {
		t.Errorf("after the replacement: %+v", agents)
	}
	c.Do("POST", "/v1/users/usr_other/agents", agentBody("pn_1", "p", "n"), 404)

	c = newCaller(t, mockserver.Config{Variants: []string{mockserver.PhoneagentsDelete204}})
	c.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &first)
	for _, path := range []string{agentsPath + "/" + first.AgentID, numbersPath + "/pn_1"} {
		if recorder := c.Do("DELETE", path, "", 204); recorder.Body.Len() != 0 || recorder.Header().Get("X-Correlation-Id") != "req_abc123" {
			t.Errorf("delete %s: %v %s", path, recorder.Header(), recorder.Body)
		}
		c.Do("DELETE", path, "", 404)
	}
}

// Errors that the API did not make itself have its shape, too.
func TestInjectedFailures(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	for _, step := range []struct {
		status         int
		class, message string
	}{
		{400, "Validation error", "Invalid request"},
		{404, "Not Found", "Phone number not found"},
		{409, "Conflict", "Phone number already has an active agent"},
		{429, "Too Many Requests", "Rate limit exceeded"},
		{500, "Internal Server Error", "Something went wrong"},
		{503, "Service Unavailable", "Service Unavailable"},
		{599, "Status 599", "Status 599"},
	} {
		c.Fail("phoneagents.ListAgents", fmt.Sprintf(`{"status":%d}`, step.status))
		want := fmt.Sprintf(`{"error":%q,"message":%q,"correlation_id":"req_abc123","timestamp":"2025-02-10T10:00:00Z"}`, step.class, step.message)
		if got := c.Do("GET", agentsPath, "", step.status).Body.String(); got != want {
			t.Errorf("%d: %s, want %s", step.status, got, want)
		}
	}
}

// A request that is lost before it takes effect looks as if it had, but
// changes nothing.
func TestLostRequestsChangeNothing(t *testing.T) {
	now := time.Date(2025, 2, 10, 10, 0, 0, 0, time.UTC)
	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.PhoneagentsReplace}, Now: func() time.Time { return now }})
	var made, replacement, updated agent
	c.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &made)
	c.Do("POST", numbersPath, `{"id":"pn_2","platform":"webchat","meta_phone_number_id":"w","access_token":"0123456789"}`, 201)
	one := agentsPath + "/" + made.AgentID
	before := string(c.Server.Snapshot())
	now = now.Add(time.Second)
	const lost = `{"unknown_field":"/x","stage":"before-commit"}`

	c.Fail("phoneagents.CreateAgent", lost, lost)
	c.Fail("phoneagents.UpdateAgent", lost)
	c.Fail("phoneagents.DeleteAgent", lost)
	c.Fail("phoneagents.AddPhoneNumber", lost)
	c.Fail("phoneagents.DeletePhoneNumber", lost)
	c.Read("POST", agentsPath, agentBody("pn_1", "p", "replacement"), 201, &replacement)
	c.Do("POST", agentsPath, agentBody("pn_3", "p", "on a new number"), 201)
	c.Read("PATCH", one, `{"name":"changed"}`, 200, &updated)
	c.Do("DELETE", one, "", 200)
	c.Do("POST", numbersPath, `{"platform":"webchat","meta_phone_number_id":"v","access_token":"0123456789"}`, 201)
	c.Do("DELETE", numbersPath+"/pn_2", "", 200)
	if replacement.Name != "replacement" || updated.Name != "changed" || updated.UpdatedAt == made.UpdatedAt {
		t.Errorf("responses: %+v, %+v", replacement, updated)
	}
	if after := string(c.Server.Snapshot()); after != before {
		t.Errorf("the state is %s, was %s", after, before)
	}
}

func TestStateRoundTrip(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	c.Do("POST", agentsPath, agentBody("pn_1", "p", "n"), 201)
	c.Do("POST", numbersPath, `{"platform":"webchat","meta_phone_number_id":"w","access_token":"0123456789"}`, 201)
	stored := string(c.Server.Snapshot())
	for _, secret := range []string{"0123456789", "sk_live_", "access_token"} {
		if strings.Contains(stored, secret) {
			t.Errorf("the state holds %s: %s", secret, stored)
		}
	}
	numbers := c.Do("GET", numbersPath, "", 200).Body.String()
	copied := c.Restored(mockserver.Config{})
	if got := copied.Do("GET", numbersPath, "", 200).Body.String(); got != numbers {
		t.Errorf("phone numbers after the round trip %s, before %s", got, numbers)
	}
	if diff := cmp.Diff(c.Server.Agents(mockserver.Phoneagents), copied.Server.Agents(mockserver.Phoneagents)); diff != "" {
		t.Errorf("agents after the round trip (-before +after):\n%s", diff)
	}
	copied.Do("POST", agentsPath, agentBody("pn_1", "p", "n"), 409)
}

// A seed that a person writes needs no more than what responses have: not the
// phone numbers either, unless they matter.
func TestSeedByHand(t *testing.T) {
	c := newCaller(t, mockserver.Config{Seed: json.RawMessage(`{"version":1,"apis":{"phoneagents":{
		"agents":[{"id":"agt_1","record":{"agent_id":"agt_1","user_id":"usr_abc123","phone_number_id":"pn_1","prompt_id":"p","name":"Ada","created_at":"2025-02-10T10:00:00Z"}}],
		"phone_numbers":[{"id":"pn_2","record":{"id":"pn_2","user_id":"usr_other","platform":"webchat","meta_phone_number_id":"w"}}]
	}}}`)})
	var got agent
	c.Read("GET", agentsPath+"/agt_1", "", 200, &got)
	if got.Name != "Ada" || got.CreatedAt != "2025-02-10T10:00:00Z" {
		t.Errorf("agent: %+v", got)
	}
	c.Do("POST", agentsPath, agentBody("pn_1", "p", "n"), 409)
	c.Do("POST", agentsPath, agentBody("pn_2", "p", "n"), 404)
	c.Do("DELETE", agentsPath+"/agt_1", "", 200)
	c.Do("POST", agentsPath, agentBody("pn_1", "p", "n"), 201)
}

// A new agent or phone number never takes the id of one that was there before.
func TestSeededRecordsAreNotOverwritten(t *testing.T) {
	const add = `{"platform":"webchat","meta_phone_number_id":"w","access_token":"0123456789"}`
	first := newCaller(t, mockserver.Config{})
	var seeded, made agent
	var seededNumber, madeNumber phoneNumber
	first.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &seeded)
	first.Read("POST", numbersPath, add, 201, &seededNumber)
	second := newCaller(t, mockserver.Config{Seed: json.RawMessage(fmt.Sprintf(`{"version":1,"apis":{"phoneagents":{
		"agents":[{"id":%q,"record":{"agent_id":%[1]q,"user_id":"u"}}],
		"phone_numbers":[{"id":%q,"record":{"id":%[2]q,"user_id":"u"}}]
	}}}`, seeded.AgentID, seededNumber.ID))})
	second.Read("POST", agentsPath, agentBody("pn_1", "p", "n"), 201, &made)
	second.Read("POST", numbersPath, add, 201, &madeNumber)
	if made.AgentID == seeded.AgentID || madeNumber.ID == seededNumber.ID {
		t.Errorf("%+v and %+v took the ids of the seed", made, madeNumber)
	}
	if agents := second.Server.Agents(mockserver.Phoneagents); len(agents) != 2 {
		t.Errorf("agents: %+v", agents)
	}
}

// Both limits count: the minute's, and the hour's after the tenth minute.
func TestDocumentedLimits(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	c := newCaller(t, mockserver.Config{RateLimits: true, JournalEntries: 2000, Now: func() time.Time { return now }})
	for range 10 {
		for range 100 {
			c.Do("GET", agentsPath, "", 200)
		}
		refused := c.Do("GET", agentsPath, "", 429)
		if !strings.Contains(refused.Body.String(), `"message":"Rate limit exceeded"`) || refused.Header().Get("Retry-After") != "" ||
			refused.Header().Get("X-RateLimit-Remaining") != "0" {
			t.Fatalf("429: %v %s", refused.Header(), refused.Body)
		}
		now = now.Add(time.Minute)
	}
	if limit := c.Do("GET", agentsPath, "", 429).Header().Get("X-RateLimit-Limit"); limit != "1000" {
		t.Errorf("X-RateLimit-Limit %q", limit)
	}
	now = now.Add(50 * time.Minute)
	c.Do("GET", agentsPath, "", 200)
	if guesses := c.Server.Calls(journal.Match{})[100].Guesses; !slices.Equal(guesses, []string{"phoneagents.429-body", "phoneagents.429-text"}) {
		t.Errorf("guesses: %v", guesses)
	}
}

func TestDeterministicIDs(t *testing.T) {
	var runs [2][]string
	for i := range runs {
		c := newCaller(t, mockserver.Config{}).With("x-correlation-id", "")
		for _, number := range []string{"pn_1", "pn_2"} {
			recorder := c.Do("POST", agentsPath, agentBody(number, "p", "n"), 201)
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
