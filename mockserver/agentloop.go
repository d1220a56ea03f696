package mockserver

// Agentloop names the API; paths on the server begin with it. Its documented limits
// are 1,200 requests a minute.
const Agentloop = "agentloop"

// The operations of agentloop.
const (
	AgentloopCreateAgent      = "agentloop.CreateAgent"      // POST /v1/agents
	AgentloopListAgents       = "agentloop.ListAgents"       // GET /v1/agents
	AgentloopGetAgent         = "agentloop.GetAgent"         // GET /v1/agents/{agent_id}
	AgentloopUpdateAgent      = "agentloop.UpdateAgent"      // PATCH /v1/agents/{agent_id}
	AgentloopPutAgent         = "agentloop.PutAgent"         // PUT /v1/agents/{agent_id}
	AgentloopArchiveAgent     = "agentloop.ArchiveAgent"     // DELETE /v1/agents/{agent_id}
	AgentloopImportAgent      = "agentloop.ImportAgent"      // POST /v1/agents/import
	AgentloopExportAgent      = "agentloop.ExportAgent"      // GET /v1/agents/{agent_id}/export
	AgentloopCreateSession    = "agentloop.CreateSession"    // POST /v1/sessions
	AgentloopListSessions     = "agentloop.ListSessions"     // GET /v1/sessions
	AgentloopGetSession       = "agentloop.GetSession"       // GET /v1/sessions/{session_id}
	AgentloopUpdateSession    = "agentloop.UpdateSession"    // PATCH /v1/sessions/{session_id}
	AgentloopDeleteSession    = "agentloop.DeleteSession"    // DELETE /v1/sessions/{session_id}
	AgentloopCancelTurn       = "agentloop.CancelTurn"       // POST /v1/sessions/{session_id}/cancel
	AgentloopSendMessage      = "agentloop.SendMessage"      // POST /v1/sessions/{session_id}/messages
	AgentloopListMessages     = "agentloop.ListMessages"     // GET /v1/sessions/{session_id}/messages
	AgentloopListEvents       = "agentloop.ListEvents"       // GET /v1/sessions/{session_id}/events
	AgentloopStreamEvents     = "agentloop.StreamEvents"     // GET /v1/sessions/{session_id}/sse
	AgentloopListCapabilities = "agentloop.ListCapabilities" // GET /v1/capabilities
	AgentloopGetCapability    = "agentloop.GetCapability"    // GET /v1/capabilities/{capability_id}
	AgentloopListModels       = "agentloop.ListModels"       // GET /v1/llm-models and /v1/models
)

// The variants of agentloop.
const (
	// AgentloopFebruary2026 takes a key that begins with evr_ only raw or
	// after the scheme ApiKey, as servers of that month did: after Bearer it
	// gets 401.
	AgentloopFebruary2026 = "agentloop@2026-02"
	// AgentloopNull writes null where a member of an agent would otherwise
	// be left out.
	AgentloopNull = "agentloop@null"
	// AgentloopPaged lists agents in pages, as servers since March 2026 do:
	// with the queries search, offset, limit (20, at most 100) and
	// include_archived, and with total, offset and limit in the response.
	AgentloopPaged = "agentloop@paged"
	// AgentloopKnownModels responds 500 to a default_model_id that ListModels
	// does not list, as early servers did.
	AgentloopKnownModels = "agentloop@known-models"
	// AgentloopStrictFeb takes messages as servers of February 2026 did: it
	// ignores client_message_id and wait and tells no delivery, takes the role
	// agent, and never starts a turn for a message that came while one ran.
	AgentloopStrictFeb = "agentloop@strict-feb"
	// AgentloopNoFollowUp never starts a turn for a message that came while
	// one ran.
	AgentloopNoFollowUp = "agentloop@no-follow-up"
	// AgentloopCancelIDs makes up the ids in turn.cancelled, as servers before
	// October 2026 did.
	AgentloopCancelIDs = "agentloop@cancel-ids"
	// AgentloopCancelStuck leaves a session active for good when its turn was
	// cancelled, as servers before July 2026 could.
	AgentloopCancelStuck = "agentloop@cancel-stuck"
	// AgentloopShortCycle closes streams after 5 s instead of 300 s.
	AgentloopShortCycle = "agentloop@short-cycle"
	// AgentloopDisconnecting closes a stream behind the first events that it
	// sends, with disconnecting in the same piece.
	AgentloopDisconnecting = "agentloop@disconnecting"
	// AgentloopHeartbeat30s sends the comment heartbeat after 30 s of silence,
	// as servers since the end of February 2026 do, instead of an empty one
	// after 15 s.
	AgentloopHeartbeat30s = "agentloop@heartbeat-30s"
	// AgentloopLateHeader holds the header of a stream back until there is an
	// event, as something between client and server may do.
	AgentloopLateHeader = "agentloop@late-header"
	// AgentloopSinceInclusive begins a stream with the event that since_id
	// names, so that it comes twice.
	AgentloopSinceInclusive = "agentloop@since-inclusive"
	// AgentloopSinceIgnored begins every stream with the first event.
	AgentloopSinceIgnored = "agentloop@since-ignored"
	// AgentloopCRLF ends the lines of streams with CR LF.
	AgentloopCRLF = "agentloop@crlf"
	// AgentloopMultiline spreads the data of an event over several lines.
	AgentloopMultiline = "agentloop@multiline"
)
