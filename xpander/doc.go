// Package xpander is a client of the xpander.ai API for AI agents.
//
//	client, err := xpander.NewClient(xpander.Config{APIKey: key})
//	agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{
//		Name:          "Customer Support Agent",
//		ModelProvider: new(xpander.ModelProviderOpenAI),
//		ModelName:     new("gpt-5.2"),
//	})
//
// Methods of [Client]:
//
//   - agents: CreateAgent, EnsureAgent, GetAgent, ListAgents, AllAgents,
//     ListFullAgents, AllFullAgents, FindAgents, UpdateAgent, DeployAgent,
//     DeleteAgent
//   - anything else: Do
//
// # One create, one agent
//
// The API has no way to recognize a create that it has seen before. So the
// client does not repeat one whose response was lost: the error matches
// [agentclients.ErrOutcomeUnknown], and the agent may or may not exist.
// FindAgents tells. The same holds for deploying, which makes a new version
// each time.
//
// # Staged and deployed
//
// An update is staged and HasPendingChanges is set, until the agent is
// deployed. A deploy makes the staged configuration the one that runs, and
// increments Version, which begins at 2. Newer servers may apply an update at
// once. Nothing in this package relies on either.
//
// # Limits
//
// The API allows 100 requests a minute and 1,000 requests an hour per key. It
// also says 429 when the limit of the plan is reached, and then trying
// again does not help: the message of the error tells.
package xpander
