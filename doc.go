// Package agentclients holds what the five clients of this module share:
// options, errors, and the description of an answer.
//
// The clients themselves are in the packages omniflow, agentloop, orq,
// phoneagents and xpander, one for each API. All five have one shape:
//
//	client, err := orq.NewClient(orq.Config{APIKey: key})
//	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{ … })
//
// # One create, one agent
//
// A create call makes at most one agent. Where the API can refuse to do a
// thing twice, the client repeats a create whose answer was lost and then
// finds out which of its tries made the agent. Where the API cannot, the
// client does not repeat it, and the error matches [ErrOutcomeUnknown]: the
// agent may or may not exist, so look before you create again.
//
// # Errors
//
// Every failure of a call is an [*Error]. Match its kind with errors.Is and
// one of the sentinels below, or look inside with errors.As.
//
// Package mockserver emulates all five APIs, inside a test or as a program.
package agentclients
