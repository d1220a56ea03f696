// Package agentloop is a client of the agents of an Everruns server, which
// runs AI agents in a durable loop.
//
//	client, err := agentloop.NewClient(agentloop.Config{APIKey: key})
//	agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{
//		Name:         "Customer Support Agent",
//		SystemPrompt: "You are a helpful customer support agent. Be polite and professional.",
//		Capabilities: []agentloop.Capability{{Ref: "current_time"}, {Ref: "web_fetch"}},
//	})
//
// # One create, one agent
//
// The server refuses a second agent with the same id. So the client always
// sends one: the ID of the request, or else a new one as [NewAgentID] makes
// it. It may then repeat a create whose answer was lost, and if the repeat is
// refused with 409 it reads the agent back. An agent with a new id can only be
// the one that was asked for; one with the ID of the request is returned if it
// has the content of the request, too.
//
// A 409 to the first try is a plain conflict ([agentclients.ErrConflict]), also
// if the agent that has the id is archived. To create or replace in one call,
// use [Client.PutAgent].
//
// If every try was lost the error matches [agentclients.ErrOutcomeUnknown], and
// its Fields name the id: read the agent with that id, or create it again with
// that id.
//
// # Running agents
//
// An agent works in a session, in turns: a message of the user starts one, and
// events tell what happens in it. [Client.RunAgent] does all of it and returns
// the answer; [Client.StreamRun] shows it as it comes:
//
//	for event, err := range client.StreamRun(ctx, agent.ID, agentloop.RunRequest{Text: "Is the north gate open?"}) {
//		if err != nil {
//			return err // ErrRunFailed: it came to a bad end
//		}
//		fmt.Print(event.Text)
//	}
//
// One call starts at most one turn. The server does not refuse a second message
// that says the same (newest ones do), so a message is never sent again after a
// lost response. Instead each has an id of its own in its metadata, under
// [ClientMessageKey], by which it is looked for. If it is not there, the error
// matches [agentclients.ErrOutcomeUnknown]: look again later with
// [Client.ListMessages].
//
// A stream of events that breaks goes on after the last event, over any number
// of connections.
//
// # Servers
//
// Everruns can also be run by oneself. Its address is then
// "http://localhost:9000", or "http://localhost:9000/api" on newer servers.
// Servers of before March 2026 take a key only without a scheme, which is how
// it is sent unless [Config] says otherwise.
//
// # Limits
//
// The server counts the length of texts in bytes of UTF-8, and so does
// Validate. Newer servers allow 1,200 requests a minute per address.
package agentloop
