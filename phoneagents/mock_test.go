package phoneagents_test

import (
	"errors"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// startMock returns a mock in memory and a client of it. Inside a synctest
// bubble waits cost no time.
func startMock(t *testing.T, config mockserver.Config) (*mockserver.Server, *phoneagents.Client) {
	t.Helper()
	mock := mockserver.StartInMemory(t, config)
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_0123456789",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return mock, client
}

// checkAgents fails the test unless the server has that many agents.
func checkAgents(t *testing.T, mock *mockserver.Server, want int) {
	t.Helper()
	if got := len(mock.Agents(mockserver.Phoneagents)); got != want {
		t.Errorf("%d agents on the server, want %d", got, want)
	}
}

func TestLifeOfAnAgent(t *testing.T) {
	for _, variants := range [][]mockserver.Variant{
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
		mock.Fail(mockserver.PhoneagentsCreateAgent, mockserver.Status(502, mockserver.AfterCommit))
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
		mock.Fail(mockserver.PhoneagentsCreateAgent, mockserver.Drop(mockserver.AfterCommit))
		request := supportAgent
		request.ExtraFields = map[string]any{"name": "Another"}
		agent, err := client.CreateAgent(t.Context(), "usr_1", request)
		if err != nil || agent.Name != "Another" {
			t.Errorf("got %+v, %v", agent, err)
		}
		checkAgents(t, mock, 1)
	})
}

// TestForeignAgentIsNotTaken: the answer is lost before anything happened, and
// meanwhile somebody else took the number.
func TestForeignAgentIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		other := supportAgent
		other.PromptID = "prompt_other"
		if _, err := client.CreateAgent(t.Context(), "usr_1", other); err != nil {
			t.Fatal(err)
		}
		mock.Fail(mockserver.PhoneagentsCreateAgent, mockserver.Drop(mockserver.BeforeCommit))
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
		lost := mockserver.Drop(mockserver.AfterCommit)
		mock.Fail(mockserver.PhoneagentsCreateAgent, lost, lost, lost)
		_, err := client.CreateAgent(t.Context(), "usr_1", supportAgent)
		var e *agentclients.Error
		if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrOutcomeUnknown) || e.Attempts != 3 {
			t.Errorf("error %v", err)
		}
		checkAgents(t, mock, 1)
	})
}

func TestPhoneNumberIsNotAddedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.PhoneagentsAddPhoneNumber, mockserver.Drop(mockserver.AfterCommit))
		_, err := client.AddPhoneNumber(t.Context(), "usr_1", phoneagents.AddPhoneNumberRequest{
			Platform: phoneagents.PlatformWebchat, MetaPhoneNumberID: "webchat_widget_001", AccessToken: "EAAxxxx0123456789",
		})
		if !errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
		mock.AssertCalls(t, 1, mockserver.OpIs(mockserver.PhoneagentsAddPhoneNumber))
	})
}
