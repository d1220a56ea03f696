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
//   - what agents do: CreateMessageFlow, GetMessageFlow, ListMessageFlows,
//     UpdateMessageFlow, DeleteMessageFlow, SetAutopilot
//   - what they write: SendMessage, GenerateMessage, ApproveMessage,
//     EditMessage, RejectMessage, ListConversations, GetConversation,
//     FindConversation
//   - phone numbers: ListPhoneNumbers (the API documents no way to give one to
//     an agent)
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
// # Agents that write to contacts
//
// A message flow gives an agent a channel (SMS or mail) and a first message.
// GenerateMessage begins the conversation of a flow with a contact; the agent
// then replies by itself to what the contact writes. No request gives an agent
// a text and returns its reply: GetConversation shows what was said.
//
//	flow, err := client.CreateMessageFlow(ctx, omniflow.CreateMessageFlowRequest{
//		Name: "Bakery", Direction: omniflow.DirectionBidirectional, AgentID: agent.ID,
//		InitiationMessage: "Good day from the bakery", Prompt: "Answer questions about bread.",
//		MessageChannel: omniflow.MessageChannelSMS, IsActive: new(true),
//	})
//	sent, err := client.SendMessage(ctx, omniflow.SendMessageRequest{FlowID: flow.ID, To: "+12025550123"})
//
// A message costs money, and the API cannot recognize a repeat. SendMessage
// sends exactly one, or fails: it generates the message unapproved, finds it in the conversation if the
// response was lost, and approves it, which the API does once. Without the
// autopilot of the flow replies of the agent wait for ApproveMessage,
// EditMessage or RejectMessage, too.
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
