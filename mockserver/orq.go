package mockserver

// Orq names the API; paths on the server begin with it. Its documented limits
// are 100 requests a minute.
const Orq = "orq"

// The operations of the orq API.
const (
	OrqCreateAgent = "orq.CreateAgent" // POST /v2/agents/ and /v2/agents
	OrqListAgents  = "orq.ListAgents"  // GET /v2/agents/ and /v2/agents
	OrqGetAgent    = "orq.GetAgent"    // GET /v2/agents/{agent_key}
	OrqUpdateAgent = "orq.UpdateAgent" // PATCH /v2/agents/{agent_key}
	OrqDeleteAgent = "orq.DeleteAgent" // DELETE /v2/agents/{agent_key}
)

// The variants of the orq API.
const (
	// OrqKeyPattern refuses keys that are not letters and digits in runs
	// joined by single dots, underscores or hyphens, a letter first. Without
	// it only the length of a key, 1 to 255 characters, is checked.
	OrqKeyPattern = "orq@key-pattern"

	// OrqKnownProjects refuses a path whose first element is not the project
	// "Default". Without it such a project is made on the spot.
	OrqKnownProjects = "orq@known-projects"

	// OrqWorkspaceID puts workspace_id into the response of a create, too,
	// which orq's own clients of 2025 need. Without it only the responses of
	// get, update and list have it.
	OrqWorkspaceID = "orq@workspace-id"
)
