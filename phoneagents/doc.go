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
// # One create, one agent
//
// A phone number has at most one agent: the API answers 409 to a second one.
// So the client may repeat a create whose answer was lost, and if the repeat
// is refused with 409 it looks up the agent of the number. If that agent has
// the prompt and the name that were asked for, it is returned.
//
// A 409 to the first try is a plain conflict ([agentclients.ErrConflict]): the
// client never replaces an agent by itself. Update or delete the existing
// agent first.
//
// # Limits
//
// The API allows 100 requests a minute and 1,000 requests an hour per key.
package phoneagents
