package mockserver

// Omniflow names the API; paths on the server begin with it. Its documented limits
// are 60 requests a minute.
//
// Its agents run when a contact writes to them, by Receive: each such message
// takes one reply, which becomes a message of the conversation. It is sent by
// itself, after the delay of the message flow, if the flow is on autopilot, and
// else waits for a decision. Of a reply that only has an Error nobody hears;
// Tools, Pace and Usage show nowhere, and Ask is like Hold. The thread is the
// conversation.
const Omniflow = "omniflow"

// The operations of omniflow.
const (
	OmniflowCreateAgent = "omniflow.CreateAgent" // POST /v1/api/omni-flow-agents
	OmniflowListAgents  = "omniflow.ListAgents"  // GET /v1/api/omni-flow-agents
	OmniflowGetAgent    = "omniflow.GetAgent"    // GET /v1/api/omni-flow-agents/{id}
	OmniflowUpdateAgent = "omniflow.UpdateAgent" // PUT /v1/api/omni-flow-agents/{id}
	// OmniflowDeleteAgent is documented nowhere. Without the variant
	// OmniflowDelete it gets 405.
	OmniflowDeleteAgent       = "omniflow.DeleteAgent"       // DELETE /v1/api/omni-flow-agents/{id}
	OmniflowCreateMessageFlow = "omniflow.CreateMessageFlow" // POST /v1/api/message-flows
	OmniflowListMessageFlows  = "omniflow.ListMessageFlows"  // GET /v1/api/message-flows
	OmniflowGetMessageFlow    = "omniflow.GetMessageFlow"    // GET /v1/api/message-flows/{id}
	OmniflowUpdateMessageFlow = "omniflow.UpdateMessageFlow" // PUT /v1/api/message-flows/{id}
	// OmniflowToggleAutopilot flips the autopilot of a message flow: two of them
	// are none.
	OmniflowToggleAutopilot   = "omniflow.ToggleAutopilot"   // PUT /v1/api/message-flows/{id}/toggle-autopilot
	OmniflowDeleteMessageFlow = "omniflow.DeleteMessageFlow" // DELETE /v1/api/message-flows/{id}
	// OmniflowGenerateMessage begins a conversation with a contact, or adds a
	// message to the one that the flow has with it.
	OmniflowGenerateMessage   = "omniflow.GenerateMessage"   // POST /v1/api/conversations/message/generate
	OmniflowListConversations = "omniflow.ListConversations" // GET /v1/api/conversations
	OmniflowGetConversation   = "omniflow.GetConversation"   // GET /v1/api/conversations/{conversationId}
	// OmniflowMessageAction approves, edits or rejects a message that is
	// pending: once, then it is refused with 409.
	OmniflowMessageAction = "omniflow.MessageAction" // POST /v1/api/conversations/{conversationId}/message/{messageId}/action
	// OmniflowListPhoneNumbers shows the phone numbers of a seed: no operation
	// makes any.
	OmniflowListPhoneNumbers = "omniflow.ListPhoneNumbers" // GET /v1/api/twilio/user-phone-numbers
)

// The variants of omniflow.
const (
	// OmniflowSeedExact leaves _id out of every response, as the published
	// response of a create does. The ids are still known to Namespace.Agents.
	OmniflowSeedExact = "omniflow@seed-exact"
	// OmniflowStrict refuses with 400 a create without llmModel, instead of
	// filling in gpt-4o-mini, and a generated message without autopilot, instead
	// of taking it for false.
	OmniflowStrict = "omniflow@strict"
	// OmniflowCreated responds to a create with 201 instead of 200.
	OmniflowCreated = "omniflow@created"
	// OmniflowFlatErrors writes errors as {"error":"text"} instead of
	// {"error":{"code":"…","message":"text"}}.
	OmniflowFlatErrors = "omniflow@flat-errors"
	// OmniflowPending gives a new agent the status pending. It is ready two
	// seconds later by the server's clock.
	OmniflowPending = "omniflow@pending"
	// OmniflowObjectPhoneNumber writes phoneNumberId as an empty object instead of
	// null.
	OmniflowObjectPhoneNumber = "omniflow@object-phone-number"
	// OmniflowDelete makes DELETE of one agent work: 204, and 404 the second
	// time.
	OmniflowDelete = "omniflow@delete"
)
