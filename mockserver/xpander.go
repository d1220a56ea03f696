package mockserver

// Xpander names the API; paths on the server begin with it. Its documented limits
// are 100 requests a minute and 1,000 an hour, counted in
// the X-RateLimit headers of every response even while they are not enforced.
const Xpander = "xpander"

// The operations of xpander.
const (
	XpanderCreateAgent    = "xpander.CreateAgent"    // POST /v1/agents
	XpanderListAgents     = "xpander.ListAgents"     // GET /v1/agents
	XpanderListFullAgents = "xpander.ListFullAgents" // GET /v1/agents/full
	XpanderGetAgent       = "xpander.GetAgent"       // GET /v1/agents/{agent_id}
	XpanderUpdateAgent    = "xpander.UpdateAgent"    // PATCH /v1/agents/{agent_id}
	XpanderDeployAgent    = "xpander.DeployAgent"    // PUT /v1/agents/{agent_id}
	XpanderDeleteAgent    = "xpander.DeleteAgent"    // DELETE /v1/agents/{agent_id}
	XpanderInvokeAgent    = "xpander.InvokeAgent"    // POST /v1/agents/{agent_id}/invoke
	XpanderStartTask      = "xpander.StartTask"      // POST /v1/agents/{agent_id}/invoke/async
	XpanderStreamTask     = "xpander.StreamTask"     // POST /v1/agents/{agent_id}/invoke/stream
	XpanderListAgentTasks = "xpander.ListAgentTasks" // GET /v1/agents/{agent_id}/tasks
	XpanderListTasks      = "xpander.ListTasks"      // GET /v1/tasks
	XpanderGetTask        = "xpander.GetTask"        // GET /v1/tasks/{task_id}
	XpanderDeleteTask     = "xpander.DeleteTask"     // DELETE /v1/tasks/{task_id}
	XpanderStopTask       = "xpander.StopTask"       // POST /v1/tasks/{task_id}/stop
	XpanderGetThread      = "xpander.GetThread"      // GET /v1/tasks/{task_id}/thread
	XpanderGetFullThread  = "xpander.GetFullThread"  // GET /v1/tasks/{task_id}/thread/full
)

// The variants of xpander.
const (
	// XpanderModelUpgrade gives an agent the model gpt-5.2 where gpt-4.1 was asked
	// for, or nothing.
	XpanderModelUpgrade = "xpander@model-upgrade"
	// XpanderStringInstructions takes and writes the role and the goal of
	// the instructions as one string each instead of lists.
	XpanderStringInstructions = "xpander@string-instructions"
	// XpanderQueueFollowUps lets a turn wait for the one that its task still
	// has, instead of refusing it.
	XpanderQueueFollowUps = "xpander@queue-follow-ups"
	// XpanderShortTasks shows only the few members of a task that some pages
	// of the documentation show.
	XpanderShortTasks = "xpander@short-tasks"
	// XpanderDeleteMessage responds to the delete of a task with 202 and a
	// message instead of 204.
	XpanderDeleteMessage = "xpander@delete-message"
)
