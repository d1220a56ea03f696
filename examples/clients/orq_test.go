// Package clients shows tests against the mock: of a Go program here, of Node
// and Python programs in the files beside it.
package clients

import (
	"os"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/orq"
)

// server is one for all tests of the package. AGENTMOCK_URL names one that
// runs already, such as the service of a CI job.
var server *mockserver.Server

func TestMain(m *testing.M) {
	if os.Getenv("AGENTMOCK_URL") == "" {
		var err error
		if server, err = mockserver.Listen(mockserver.Config{}); err != nil {
			panic(err)
		}
		defer server.Close()
	}
	m.Run()
}

// client returns a client whose world is that of the test alone, and that
// world if it is in this process.
func client(t *testing.T) (*orq.Client, *mockserver.Namespace) {
	t.Helper()
	options := agentclients.Options{BaseURL: os.Getenv("AGENTMOCK_URL") + "/_ns/" + t.Name() + "/orq"}
	var world *mockserver.Namespace
	if server != nil {
		world = server.Namespace(t.Name())
		options = agentclients.Options{BaseURL: world.URL(mockserver.Orq), HTTPClient: world.Client()}
	}
	client, err := orq.NewClient(orq.Config{APIKey: "any-key", Options: options})
	if err != nil {
		t.Fatal(err)
	}
	return client, world
}

func desk() orq.CreateAgentRequest {
	return orq.CreateAgentRequest{
		Key: "desk", Role: "Assistant", Description: "Answers customers", Instructions: "Be polite.",
		Path: "Default", Model: orq.Model{ID: "openai/gpt-4o"},
	}
}

func TestMadeOnce(t *testing.T) {
	t.Parallel()
	client, _ := client(t)
	agent, err := client.CreateAgent(t.Context(), desk())
	if err != nil || agent.Key != "desk" {
		t.Fatal(agent, err)
	}
}

func TestLostResponse(t *testing.T) {
	t.Parallel()
	client, world := client(t)
	if world == nil {
		t.Skip("the faults of another process are set over HTTP, as the Node and Python files do")
	}
	world.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.AfterCommit))
	if _, err := client.CreateAgent(t.Context(), desk()); err != nil {
		t.Fatal(err)
	}
	if agents := world.Agents(mockserver.Orq); len(agents) != 1 {
		t.Errorf("%d agents", len(agents))
	}
}
