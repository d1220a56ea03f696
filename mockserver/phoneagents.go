package mockserver

// Phoneagents names the API; paths on the server begin with it. Its documented limits
// are 100 requests a minute and 1,000 an hour.
const Phoneagents = "phoneagents"

// The operations of phoneagents. Each is served below /v1, too.
const (
	PhoneagentsCreateAgent       = "phoneagents.CreateAgent"       // POST /users/{user_id}/agents
	PhoneagentsListAgents        = "phoneagents.ListAgents"        // GET /users/{user_id}/agents
	PhoneagentsGetAgent          = "phoneagents.GetAgent"          // GET /users/{user_id}/agents/{agent_id}
	PhoneagentsUpdateAgent       = "phoneagents.UpdateAgent"       // PATCH /users/{user_id}/agents/{agent_id}
	PhoneagentsDeleteAgent       = "phoneagents.DeleteAgent"       // DELETE /users/{user_id}/agents/{agent_id}
	PhoneagentsAddPhoneNumber    = "phoneagents.AddPhoneNumber"    // POST /users/{user_id}/phone_numbers
	PhoneagentsListPhoneNumbers  = "phoneagents.ListPhoneNumbers"  // GET /users/{user_id}/phone_numbers
	PhoneagentsDeletePhoneNumber = "phoneagents.DeletePhoneNumber" // DELETE /users/{user_id}/phone_numbers/{phone_number_id}

	PhoneagentsListMessages             = "phoneagents.ListMessages"             // GET /users/{user_id}/messages
	PhoneagentsGetMessageStats          = "phoneagents.GetMessageStats"          // GET /users/{user_id}/messages/stats
	PhoneagentsGetMessageStatus         = "phoneagents.GetMessageStatus"         // GET /users/{user_id}/messages/{message_id}/status
	PhoneagentsListConversations        = "phoneagents.ListConversations"        // GET /users/{user_id}/conversations
	PhoneagentsGetConversation          = "phoneagents.GetConversation"          // GET /users/{user_id}/conversations/{conversation_id}
	PhoneagentsListConversationMessages = "phoneagents.ListConversationMessages" // GET /users/{user_id}/conversations/{conversation_id}/messages

	// The operations of web chat take no key, but for CreateWebchatChannel.
	PhoneagentsCreateWebchatChannel = "phoneagents.CreateWebchatChannel" // POST /api/users/{user_id}/webchat/channels
	PhoneagentsSendWebchatMessage   = "phoneagents.SendWebchatMessage"   // POST /api/webchat/{webchat_id}/messages
	PhoneagentsListWebchatMessages  = "phoneagents.ListWebchatMessages"  // GET /api/webchat/{webchat_id}/messages
	PhoneagentsStreamWebchat        = "phoneagents.StreamWebchat"        // GET /api/webchat/{webchat_id}/stream
	PhoneagentsInitWebchat          = "phoneagents.InitWebchat"          // POST /api/webchat/{webchat_id}/init
	PhoneagentsVerifyWebchatPhone   = "phoneagents.VerifyWebchatPhone"   // POST /api/webchat/{webchat_id}/verify-phone
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
