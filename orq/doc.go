// Package orq is a client of the agents API of orq.ai.
//
//	client, err := orq.NewClient(orq.Config{APIKey: key})
//	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
//		Key:          "support.agent",
//		Role:         "Assistant",
//		Description:  "Answers questions about orders",
//		Instructions: "Be brief. Look the order up before you answer.",
//		Path:         "Default",
//		Model:        orq.Model{ID: "openai/gpt-4o"},
//	})
//
// # One create, one agent
//
// The key of an agent is unique in its workspace: the API answers 409 to a
// second create with the same key. So the client may repeat a create whose
// answer was lost, and if the repeat is refused with 409 it reads the agent of
// that key. If that agent has the role, the description, the instructions and,
// where they were given, the display name and the system prompt that were
// asked for, it is returned.
//
// A 409 to the first try is a plain conflict ([agentclients.ErrConflict]).
// [Client.EnsureAgent] is for programs that do not care whether the agent
// exists already.
//
// # Requests and answers
//
// An agent comes back in a slightly different form: its model is always an
// object ([AgentModel]), the fallback models are inside of it, and its tools
// have an id ([AgentTool]). AgentModel.ID is an id of the server's own, which
// need not be the text that was sent.
//
// # Limits
//
// The API limits the requests of an account per minute, by its plan.
package orq
