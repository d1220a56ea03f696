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

	OrqCreateResponse = "orq.CreateResponse" // POST /v3/router/responses, also of a stream
	OrqGetResponse    = "orq.GetResponse"    // GET /v3/router/responses/{response_id}

	OrqCreateAgentResponse = "orq.CreateAgentResponse" // POST /v2/agents/{agent_key}/responses, also of a stream
	OrqGetAgentResponse    = "orq.GetAgentResponse"    // GET /v2/agents/{agent_key}/responses/{task_id}

	// Run and stream-run make the agent, too. No method of the client calls them:
	// its RunAgent and StreamRun call OrqCreateResponse.
	OrqRunAgent  = "orq.RunAgent"  // POST /v2/agents/run
	OrqStreamRun = "orq.StreamRun" // POST /v2/agents/stream-run

	OrqInvokeAgent  = "orq.InvokeAgent"  // POST /v2/agents/{agent_key}/task
	OrqStreamTask   = "orq.StreamTask"   // POST /v2/agents/{agent_key}/stream-task
	OrqListTasks    = "orq.ListTasks"    // GET /v2/agents/{agent_key}/tasks
	OrqGetTask      = "orq.GetTask"      // GET /v2/agents/{agent_key}/tasks/{task_id}
	OrqListActions  = "orq.ListActions"  // GET /v2/agents/{agent_key}/tasks/{task_id}/actions
	OrqGetAction    = "orq.GetAction"    // GET /v2/agents/{agent_key}/tasks/{task_id}/actions/{action_id}
	OrqReviewAction = "orq.ReviewAction" // POST /v2/agents/{agent_key}/tasks/{task_id}/actions/{action_id}/review
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

	// OrqNoDone ends streams behind their last event, without [DONE], as the
	// documents of 2025 have it.
	OrqNoDone = "orq@no-done"
)
