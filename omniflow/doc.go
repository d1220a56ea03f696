// Package omniflow is a client of the Omni Flow agents of Trillet, which
// answer messages (SMS and mail) for a workspace.
//
//	client, err := omniflow.NewClient(omniflow.Config{APIKey: key, WorkspaceID: workspace})
//	agent, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{
//		Name:     "ExampleOmniFlowAgent",
//		LLMModel: "gpt-4o-mini",
//	})
//
// Methods of [Client]:
//
//   - agents: CreateAgent, EnsureAgent, GetAgent, ListAgents, FindAgents,
//     UpdateAgent (the API documents no way to delete one)
//   - anything else: Do
//
// # One create, one agent
//
// Agents have no unique name and the API cannot recognize a repeat. So the
// client does not repeat a create whose response was lost: the error then
// matches [agentclients.ErrOutcomeUnknown]. To find out what happened, look
// with FindAgents for the name and a CreatedAt that is not before the call; if
// there is none, create again.
//
// # Workspaces
//
// Config.WorkspaceID is sent with every call. A single call can go to another
// workspace with agentclients.WithHeader("x-workspace-id", id).
//
// # Limits
//
// The API allows 60 requests a minute per key. Its response to more requests
// names the time when it takes the next one: the client waits until then, and
// the RetryAfter of the error says how long that is.
package omniflow
