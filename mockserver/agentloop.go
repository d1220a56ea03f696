package mockserver

// Agentloop names the API; paths on the server begin with it. Its documented limits
// are 1,200 requests a minute.
const Agentloop = "agentloop"

// The operations of agentloop.
const (
	AgentloopCreateAgent      = "agentloop.CreateAgent"
	AgentloopListAgents       = "agentloop.ListAgents"
	AgentloopGetAgent         = "agentloop.GetAgent"
	AgentloopUpdateAgent      = "agentloop.UpdateAgent"
	AgentloopPutAgent         = "agentloop.PutAgent"
	AgentloopArchiveAgent     = "agentloop.ArchiveAgent"
	AgentloopImportAgent      = "agentloop.ImportAgent"
	AgentloopExportAgent      = "agentloop.ExportAgent"
	AgentloopListCapabilities = "agentloop.ListCapabilities"
	AgentloopGetCapability    = "agentloop.GetCapability"
	AgentloopListModels       = "agentloop.ListModels"
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
)
