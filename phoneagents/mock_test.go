package phoneagents_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// startMock returns a mock in memory and a client of it. Inside a synctest
// bubble waits cost no time.
func startMock(t *testing.T, config mockserver.Config) (*mockserver.Server, *phoneagents.Client) {
	t.Helper()
	mock := mockserver.StartInMemory(t, config)
	return mock, newMockClient(t, mock, phoneagents.Config{APIKey: "sk_live_0123456789"})
}

func newMockClient(t *testing.T, mock *mockserver.Server, config phoneagents.Config) *phoneagents.Client {
	t.Helper()
	config.Options = testkit.MockOptions(mock, mockserver.Phoneagents)
	client, err := phoneagents.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// checkAgents fails the test unless the server has that many agents.
func checkAgents(t *testing.T, mock *mockserver.Server, want int) {
	t.Helper()
	testkit.CheckAgents(t, mock, mockserver.Phoneagents, want)
}

func TestLifeOfAnAgent(t *testing.T) {
	for _, variants := range [][]string{
		nil,
		{mockserver.PhoneagentsUpstream},
		{mockserver.PhoneagentsDelete204},
	} {
		_, client := startMock(t, mockserver.Config{Variants: variants})
		ctx := t.Context()
		request := supportAgent
		if variants != nil {
			request.AgentID = new("agt_mine")
		}
		created, err := client.CreateAgent(ctx, "usr_1", request)
		if err != nil {
			t.Fatal(err)
		}
		read, err := client.GetAgent(ctx, "usr_1", created.ID)
		if err != nil || *read != *created {
			t.Errorf("read %+v, %v, created %+v", read, err, created)
		}
		updated, err := client.UpdateAgent(ctx, "usr_1", created.ID, phoneagents.UpdateAgentRequest{PromptID: new("prompt_2")})
		if err != nil || updated.PromptID != "prompt_2" || updated.Name != created.Name {
			t.Errorf("updated %+v, %v", updated, err)
		}
		list, err := client.ListAgents(ctx, "usr_1", phoneagents.ListAgentsRequest{})
		if err != nil || len(list.Agents) != 1 || list.Agents[0] != *updated {
			t.Errorf("listed %+v, %v", list, err)
		}
		if _, err := client.GetAgent(ctx, "usr_2", created.ID); !errors.Is(err, agentclients.ErrForbidden) {
			t.Errorf("another user's read: %v", err)
		}
		if err := client.DeleteAgent(ctx, "usr_1", created.ID); err != nil {
			t.Error(err)
		}
		if err := client.DeleteAgent(ctx, "usr_1", created.ID); !errors.Is(err, agentclients.ErrNotFound) {
			t.Errorf("second delete: %v", err)
		}
	}
}

func TestLostAnswerIsSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Status(502, fault.AfterCommit))
		var response agentclients.Response
		agent, err := client.CreateAgent(t.Context(), "usr_1", supportAgent, agentclients.CaptureResponse(&response))
		if err != nil || agent.Name != supportAgent.Name {
			t.Fatalf("got %+v, %v", agent, err)
		}
		if !response.Settled || response.Attempts != 3 { // create, create, list
			t.Errorf("response %+v", response)
		}
		checkAgents(t, mock, 1)
	})
}

// TestExtraFieldsAreSettled: what was sent counts, not what the fields say.
func TestExtraFieldsAreSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Drop(fault.AfterCommit))
		request := supportAgent
		request.ExtraFields = map[string]any{"name": "Another"}
		agent, err := client.CreateAgent(t.Context(), "usr_1", request)
		if err != nil || agent.Name != "Another" {
			t.Errorf("got %+v, %v", agent, err)
		}
		checkAgents(t, mock, 1)
	})
}

// TestForeignAgentIsNotTaken: the response is lost before anything happened, and
// meanwhile somebody else took the number.
func TestForeignAgentIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		other := supportAgent
		other.PromptID = "prompt_other"
		if _, err := client.CreateAgent(t.Context(), "usr_1", other); err != nil {
			t.Fatal(err)
		}
		mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Drop(fault.BeforeCommit))
		_, err := client.CreateAgent(t.Context(), "usr_1", supportAgent)
		if !errors.Is(err, agentclients.ErrConflict) || errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
		checkAgents(t, mock, 1)
	})
}

func TestOutcomeStaysUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		lost := fault.Drop(fault.AfterCommit)
		mock.Fail(mockserver.PhoneagentsCreateAgent, lost, lost, lost)
		mock.Fail(mockserver.PhoneagentsListAgents, fault.Status(403))
		_, err := client.CreateAgent(t.Context(), "usr_1", supportAgent)
		var e *agentclients.Error
		if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrOutcomeUnknown) || e.Attempts != 3 {
			t.Errorf("error %v", err)
		}
		checkAgents(t, mock, 1)
	})
	for name, found := range map[string]fault.Fault{
		"the agents cannot be listed":          fault.Status(403),
		"no agent of the number is listed":     fault.Omit("/agents/0"),
		"the agent is listed without a prompt": fault.Omit("/agents/0/prompt_id"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mock, client := startMock(t, mockserver.Config{})
				mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Drop(fault.AfterCommit))
				mock.Fail(mockserver.PhoneagentsListAgents, found)
				_, err := client.CreateAgent(t.Context(), "usr_1", supportAgent)
				if !errors.Is(err, agentclients.ErrConflict) || !errors.Is(err, agentclients.ErrOutcomeUnknown) {
					t.Errorf("error %v", err)
				}
				checkAgents(t, mock, 1)
			})
		})
	}
}

// TestConflictIsNotSettled: a 409 to the first try is a conflict, even if the
// agent is the same.
func TestConflictIsNotSettled(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	if _, err := client.CreateAgent(t.Context(), "usr_1", supportAgent); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateAgent(t.Context(), "usr_1", supportAgent); !errors.Is(err, agentclients.ErrConflict) {
		t.Errorf("error %v", err)
	}
	mock.AssertCalls(t, mockserver.PhoneagentsListAgents, 0)
}

// TestHarmlessCallsAreRepeated: what changes nothing a second time is sent
// until it works.
func TestHarmlessCallsAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		ctx := t.Context()
		agent, err := client.CreateAgent(ctx, "usr_1", supportAgent)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			op   string
			call func() error
		}{
			{mockserver.PhoneagentsGetAgent, func() error {
				_, err := client.GetAgent(ctx, "usr_1", agent.ID)
				return err
			}},
			{mockserver.PhoneagentsListAgents, func() error {
				_, err := client.ListAgents(ctx, "usr_1", phoneagents.ListAgentsRequest{})
				return err
			}},
			{mockserver.PhoneagentsUpdateAgent, func() error {
				_, err := client.UpdateAgent(ctx, "usr_1", agent.ID, phoneagents.UpdateAgentRequest{Name: new("n")})
				return err
			}},
			{mockserver.PhoneagentsDeleteAgent, func() error { return client.DeleteAgent(ctx, "usr_1", agent.ID) }}, // then 404
			{mockserver.PhoneagentsListPhoneNumbers, func() error {
				_, err := client.ListPhoneNumbers(ctx, "usr_1", phoneagents.ListPhoneNumbersRequest{})
				return err
			}},
			{mockserver.PhoneagentsDeletePhoneNumber, func() error {
				return client.DeletePhoneNumber(ctx, "usr_1", agent.PhoneNumberID)
			}},
		} {
			testkit.CheckRepeated(t, mock, test.op, test.call)
		}
		checkAgents(t, mock, 0)
	})
}

func TestAllAgentsReadsEveryPage(t *testing.T) {
	_, client := startMock(t, mockserver.Config{})
	ctx := t.Context()
	var want []string // the newest first
	create := func(i int) string {
		request := supportAgent
		request.PhoneNumberID = fmt.Sprintf("pn_%d", i)
		agent, err := client.CreateAgent(ctx, "usr_1", request)
		if err != nil {
			t.Fatal(err)
		}
		return agent.PhoneNumberID
	}
	for i := range 5 {
		want = slices.Insert(want, 0, create(i))
	}
	for _, limit := range []int{0, 1, 2, 5, 6} {
		var got []string
		for agent, err := range client.AllAgents(ctx, "usr_1", phoneagents.ListAgentsRequest{Limit: limit}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, agent.PhoneNumberID)
			if len(got) == 1 && limit == 2 { // moves every agent by one place
				create(5)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
		if limit == 2 {
			want = slices.Insert(want, 0, "pn_5")
		}
	}
}

func TestRefusedByTheServer(t *testing.T) {
	_, client := startMock(t, mockserver.Config{APIKeys: []string{"sk_live_0123456789"}})
	request := supportAgent
	request.ExtraFields = map[string]any{"prompt_id": nil}
	_, err := client.CreateAgent(t.Context(), "usr_1", request)
	var e *agentclients.Error
	if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrBadRequest) || e.Code != "Validation error" || e.RequestID == "" {
		t.Errorf("error %v", err)
	}
}

func TestNewerServer(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Then(
		fault.UnknownField(""), fault.TimeDigits(9), fault.Null("/updated_at"), fault.Omit("/user_id")))
	agent, err := client.CreateAgent(t.Context(), "usr_1", supportAgent)
	if err != nil || agent.UserID != "" || agent.UpdatedAt != "" {
		t.Fatalf("got %+v, %v", agent, err)
	}
	if _, err := agent.CreatedAt.Time(); err != nil {
		t.Error(err)
	}
}

func TestPhoneNumbers(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	ctx := t.Context()
	request := phoneagents.AddPhoneNumberRequest{
		Platform: phoneagents.PlatformWhatsApp, MetaPhoneNumberID: "836990829491415", AccessToken: "EAAxxxx0123456789",
		DisplayName: new("+1 (234) 567-8900"), ID: new("pn_mine"),
	}
	added, err := client.AddPhoneNumber(ctx, "usr_1", request)
	if err != nil || added.ID != "pn_mine" || added.UserID != "usr_1" || added.Platform != request.Platform ||
		added.MetaPhoneNumberID != request.MetaPhoneNumberID || added.DisplayName != *request.DisplayName {
		t.Fatalf("added %+v, %v", added, err)
	}
	again := map[string]phoneagents.AddPhoneNumberRequest{"all": request, "id": request, "meta id": request}
	for same, request := range again {
		switch same {
		case "id":
			request.MetaPhoneNumberID = "1"
		case "meta id":
			request.ID = nil
		}
		if _, err := client.AddPhoneNumber(ctx, "usr_1", request); !errors.Is(err, agentclients.ErrConflict) || errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("added again with the same %s: %v", same, err)
		}
	}
	for platform, want := range map[phoneagents.Platform]int{"": 1, phoneagents.PlatformWhatsApp: 1, phoneagents.PlatformInstagram: 0} {
		list, err := client.ListPhoneNumbers(ctx, "usr_1", phoneagents.ListPhoneNumbersRequest{Platform: platform})
		if err != nil || len(list.PhoneNumbers) != want {
			t.Errorf("platform %q: %+v, %v", platform, list, err)
		}
	}
	if err := client.DeletePhoneNumber(ctx, "usr_2", added.ID); !errors.Is(err, agentclients.ErrForbidden) {
		t.Errorf("deleted by another user: %v", err)
	}
	if err := client.DeletePhoneNumber(ctx, "usr_1", added.ID); err != nil {
		t.Error(err)
	}
	if err := client.DeletePhoneNumber(ctx, "usr_1", added.ID); !errors.Is(err, agentclients.ErrNotFound) {
		t.Errorf("deleted again: %v", err)
	}
	for _, call := range mock.Calls(journal.Match{}) {
		if strings.Contains(fmt.Sprintf("%+v", call), request.AccessToken) {
			t.Errorf("the journal has the access token: %+v", call)
		}
	}
}

func TestPhoneNumberIsNotAddedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.PhoneagentsAddPhoneNumber, fault.Drop(fault.AfterCommit))
		_, err := client.AddPhoneNumber(t.Context(), "usr_1", phoneagents.AddPhoneNumberRequest{
			Platform: phoneagents.PlatformWebchat, MetaPhoneNumberID: "webchat_widget_001", AccessToken: "EAAxxxx0123456789",
		})
		if !errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
		mock.AssertCalls(t, mockserver.PhoneagentsAddPhoneNumber, 1)
	})
}

// TestPhoneNumberOfAnIDIsAddedOnce: whatever becomes of the responses, also if
// the refusal of the repeat is no 409.
func TestPhoneNumberOfAnIDIsAddedOnce(t *testing.T) {
	for _, lost := range []fault.Fault{
		fault.Drop(fault.BeforeCommit), fault.Drop(fault.AfterCommit), fault.Status(502, fault.AfterCommit), fault.Truncate(10),
		fault.Status(429, fault.AfterCommit, fault.RetryAfter(0)),
	} {
		synctest.Test(t, func(t *testing.T) {
			mock, client := startMock(t, mockserver.Config{})
			mock.Fail(mockserver.PhoneagentsAddPhoneNumber, lost)
			added, err := client.AddPhoneNumber(t.Context(), "usr_1", phoneagents.AddPhoneNumberRequest{
				Platform: phoneagents.PlatformWebchat, MetaPhoneNumberID: "webchat_widget_001", AccessToken: "EAAxxxx0123456789", ID: new("pn_mine"),
			})
			if err != nil || added.ID != "pn_mine" {
				t.Errorf("%v: got %v, %v", lost, added, err)
			}
		})
	}
}
