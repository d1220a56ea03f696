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
// Methods of [Client]:
//
//   - agents: CreateAgent, PutAgent, EnsureAgent, GetAgent, ListAgents,
//     AllAgents, UpdateAgent, ArchiveAgent
//   - agents as files: ImportAgent, ExportAgent
//   - what agents can use: ListCapabilities, GetCapability, ListModels
//   - running an agent: RunAgent, StreamRun
//   - sessions: CreateSession, GetSession, ListSessions, AllSessions,
//     UpdateSession, DeleteSession, CancelTurn
//   - messages and events: SendMessage, ListMessages, ListEvents, StreamEvents
//   - anything else: Do
//
// # One create, one agent
//
// The server refuses a second agent with the same id. So the client always
// sends one: the ID of the request, or else a new one as [NewAgentID] makes
// it. It then may repeat a create, and if it stays open what became of it (the
// last response was lost or cannot be read, or a repeat is refused with 409) it
// reads the agent back, once. An agent with a new id can only be the one that
// was asked for. One with the ID of the request is returned if it is not
// archived and [CreateAgentRequest.Diff] finds nothing; else the error is
// [agentclients.ErrConflict].
//
// A 409 to the first try with an ID of the request is a plain conflict, also if
// the agent that has it is archived. To create or replace in one call, use
// [Client.PutAgent]; to create or update what differs, [Client.EnsureAgent].
//
// If the agent cannot be read back the error matches
// [agentclients.ErrOutcomeUnknown], and its ResourceID is the id: read the
// agent with that id, or create it again with that id.
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
// [Client.ListMessages]. Of SendMessage the ResourceID of the error is that id;
// of RunAgent and StreamRun it is the session, and the Fields of the error have
// the id as client_message_id.
//
// A turn that waits for the result of a tool of yours is
// [agentclients.ErrInputRequired]. This package has no method to send that
// result: [Client.Do] can.
//
// A stream of events that breaks goes on after the last event, over any number
// of connections.
//
// # Going on after a restart
//
// A program that is to go on with a turn after it was stopped calls what
// RunAgent is made of, and keeps what each step returns: the ID of
// [Client.CreateSession], the ID of [Client.SendMessage] (if it does not know
// whether it sent the message, [Client.ListMessages] tells), and the ID of the
// last event of [Client.StreamEvents] that it is done with:
//
//	for event, err := range client.StreamEvents(ctx, sessionID, agentloop.ListEventsRequest{SinceID: last}) {
//		if err != nil {
//			return err
//		}
//		last = event.ID // to be kept, when the event is dealt with
//		switch event.Type {
//		case agentloop.EventTurnCompleted, agentloop.EventTurnFailed, agentloop.EventTurnCancelled, agentloop.EventTurnSealed:
//			return nil // the turn has ended
//		}
//	}
//
// A turn that waits for the result of a tool of yours, or is paused, has none of
// these events: the Status of [Client.GetSession] shows that.
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
