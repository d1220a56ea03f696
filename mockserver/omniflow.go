package mockserver

// Omniflow names the API; paths on the server begin with it. Its documented limits
// are 60 requests a minute.
const Omniflow = "omniflow"

// The operations of omniflow.
const (
	OmniflowCreateAgent = "omniflow.CreateAgent"
	OmniflowListAgents  = "omniflow.ListAgents"
	OmniflowGetAgent    = "omniflow.GetAgent"
	OmniflowUpdateAgent = "omniflow.UpdateAgent"
	// OmniflowDeleteAgent is documented nowhere. Without the variant
	// OmniflowDelete it gets 405.
	OmniflowDeleteAgent = "omniflow.DeleteAgent"
)

// The variants of omniflow.
const (
	// OmniflowSeedExact leaves _id out of every response, as the published
	// response of a create does. The ids are still known to Namespace.Agents.
	OmniflowSeedExact = "omniflow@seed-exact"
	// OmniflowStrict refuses a create without llmModel with 400, instead of
	// filling in gpt-4o-mini.
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
