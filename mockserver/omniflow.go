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
	OmniflowCreateAgent = "omniflow.CreateAgent"
	OmniflowListAgents  = "omniflow.ListAgents"
	OmniflowGetAgent    = "omniflow.GetAgent"
	OmniflowUpdateAgent = "omniflow.UpdateAgent"
	// OmniflowDeleteAgent is documented nowhere. Without the variant
	// OmniflowDelete it gets 405.
	OmniflowDeleteAgent       = "omniflow.DeleteAgent"
	OmniflowCreateMessageFlow = "omniflow.CreateMessageFlow"
	OmniflowListMessageFlows  = "omniflow.ListMessageFlows"
	OmniflowGetMessageFlow    = "omniflow.GetMessageFlow"
	OmniflowUpdateMessageFlow = "omniflow.UpdateMessageFlow"
	// OmniflowToggleAutopilot flips the autopilot of a message flow: two of them
	// are none.
	OmniflowToggleAutopilot   = "omniflow.ToggleAutopilot"
	OmniflowDeleteMessageFlow = "omniflow.DeleteMessageFlow"
	// OmniflowGenerateMessage begins a conversation with a contact, or adds a
	// message to the one that the flow has with it.
	OmniflowGenerateMessage   = "omniflow.GenerateMessage"
	OmniflowListConversations = "omniflow.ListConversations"
	OmniflowGetConversation   = "omniflow.GetConversation"
	// OmniflowMessageAction approves, edits or rejects a message that is
	// pending: once, then it is refused with 409.
	OmniflowMessageAction = "omniflow.MessageAction"
	// OmniflowListPhoneNumbers shows the phone numbers of a seed: no operation
	// makes any.
	OmniflowListPhoneNumbers = "omniflow.ListPhoneNumbers"
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
