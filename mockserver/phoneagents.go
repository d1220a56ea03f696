package mockserver

// Phoneagents names the API; paths on the server begin with it. Its documented limits
// are 100 requests a minute and 1,000 an hour.
const Phoneagents = "phoneagents"

// The operations of phoneagents.
const (
	PhoneagentsCreateAgent       = "phoneagents.CreateAgent"
	PhoneagentsListAgents        = "phoneagents.ListAgents"
	PhoneagentsGetAgent          = "phoneagents.GetAgent"
	PhoneagentsUpdateAgent       = "phoneagents.UpdateAgent"
	PhoneagentsDeleteAgent       = "phoneagents.DeleteAgent"
	PhoneagentsAddPhoneNumber    = "phoneagents.AddPhoneNumber"
	PhoneagentsListPhoneNumbers  = "phoneagents.ListPhoneNumbers"
	PhoneagentsDeletePhoneNumber = "phoneagents.DeletePhoneNumber"

	PhoneagentsListMessages             = "phoneagents.ListMessages"
	PhoneagentsGetMessageStats          = "phoneagents.GetMessageStats"
	PhoneagentsGetMessageStatus         = "phoneagents.GetMessageStatus"
	PhoneagentsListConversations        = "phoneagents.ListConversations"
	PhoneagentsGetConversation          = "phoneagents.GetConversation"
	PhoneagentsListConversationMessages = "phoneagents.ListConversationMessages"

	// The operations of web chat take no key, but for CreateWebchatChannel.
	PhoneagentsCreateWebchatChannel = "phoneagents.CreateWebchatChannel"
	PhoneagentsSendWebchatMessage   = "phoneagents.SendWebchatMessage"
	PhoneagentsListWebchatMessages  = "phoneagents.ListWebchatMessages"
	PhoneagentsStreamWebchat        = "phoneagents.StreamWebchat"
	PhoneagentsInitWebchat          = "phoneagents.InitWebchat"
	PhoneagentsVerifyWebchatPhone   = "phoneagents.VerifyWebchatPhone"
)

// The variants of phoneagents.
const (
	// PhoneagentsRegisteredNumbers responds 404 to an agent on a phone number
	// that nobody added, instead of adding the number on its first use.
	PhoneagentsRegisteredNumbers = "phoneagents@registered-numbers"
	// PhoneagentsUpstream writes bodies as the published server code does:
	// in an envelope of success, data, timestamp and correlationId, lists
	// with a count, times with milliseconds. It takes the caller's agent_id.
	// Counts of messages are strings. (Messages, conversations and web chat are
	// always in that envelope: nothing else documents them.)
	PhoneagentsUpstream = "phoneagents@upstream"
	// PhoneagentsReplace lets a second agent on a phone number take the place
	// of the first, instead of refusing it with 409.
	PhoneagentsReplace = "phoneagents@replace"
	// PhoneagentsDelete204 responds to a delete with 204 and no body, instead of
	// 200 and a message.
	PhoneagentsDelete204 = "phoneagents@delete-204"
	// PhoneagentsLateHeader keeps the header of a web chat stream back until the
	// stream has its first event, as some proxies do.
	PhoneagentsLateHeader = "phoneagents@late-header"
	// PhoneagentsLateHistory stores a reply a second after it was pushed to the
	// stream, by the clock of the mock, instead of at the same time.
	PhoneagentsLateHistory = "phoneagents@late-history"
)
