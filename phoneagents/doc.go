// Package phoneagents is a client of the phone agents API, which makes AI
// agents by binding an OpenAI prompt to a phone number or an Instagram
// account.
//
//	client, err := phoneagents.NewClient(phoneagents.Config{
//		APIKey:  key,
//		Options: agentclients.Options{BaseURL: "https://api.example.com/v1"},
//	})
//	agent, err := client.CreateAgent(ctx, "usr_abc123", phoneagents.CreateAgentRequest{
//		PhoneNumberID: "pn_abc123",
//		PromptID:      "prompt_xyz789",
//		Name:          "Customer Support Agent",
//	})
//
// Methods of [Client]:
//
//   - agents: CreateAgent, EnsureAgent, GetAgent, ListAgents, AllAgents,
//     UpdateAgent, DeleteAgent
//   - phone numbers: AddPhoneNumber, EnsurePhoneNumber, ListPhoneNumbers,
//     DeletePhoneNumber
//   - what was said: ListMessages, AllMessages, GetMessageStats,
//     GetMessageStatus, ListConversations, AllConversations, GetConversation,
//     ListConversationMessages, AllConversationMessages
//   - web chat (experimental): RunAgent, StreamRun, SendWebchatMessage,
//     ListWebchatMessages, StreamWebchat
//   - anything else: Do
//
// # One create, one agent
//
// A phone number has at most one agent: the API refuses a second one. So the
// client may repeat a create, and if it stays open what became of it (the last
// response was lost or cannot be read, or a repeat is refused with 409) it
// looks up the agent of the number, once. If that agent has the prompt and the
// name that were asked for, it is returned; else the error is
// [agentclients.ErrConflict]. If it cannot be read it is
// [agentclients.ErrOutcomeUnknown].
//
// A 409 to the first try is a plain conflict: CreateAgent never replaces an
// agent. Update or delete the existing agent first, or use
// [Client.EnsureAgent].
//
// # One run, one message
//
// Agents answer persons on their phone numbers, and what is said there can only
// be read. A program can ask an agent by web chat: one that is on a phone number
// of the platform [PlatformWebchat], whose MetaPhoneNumberID is the id of the
// web chat, of your choice. The API wants an AccessToken for such a number, too,
// although nothing is sent with it:
//
//	number, _, err := client.EnsurePhoneNumber(ctx, "usr_abc123", phoneagents.AddPhoneNumberRequest{
//		Platform: phoneagents.PlatformWebchat, MetaPhoneNumberID: "shop", AccessToken: token,
//	})
//	agent, err := client.CreateAgent(ctx, "usr_abc123", phoneagents.CreateAgentRequest{
//		PhoneNumberID: number.ID, PromptID: "prompt_xyz789", Name: "Shop",
//	})
//	webchatID := number.MetaPhoneNumberID
//	run, err := client.RunAgent(ctx, webchatID, phoneagents.RunRequest{Text: "When do you open?"})
//
// Each call sends at most one message. It writes as a new visitor, whom nobody
// else knows: if the response was lost, the history of the visitor tells whether
// the message is there. If it does not, the error is
// [agentclients.ErrOutcomeUnknown]. Web chat takes no key, and is not below the
// version of the base URL; only the code of the server documents it.
//
// # Limits
//
// The API allows 100 requests a minute and 1,000 requests an hour per key.
package phoneagents
