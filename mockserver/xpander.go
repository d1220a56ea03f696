package mockserver

// Xpander names the API; paths on the server begin with it. Its documented limits
// are 100 requests a minute and 1,000 an hour, counted in
// the X-RateLimit headers of every response even while they are not enforced.
const Xpander = "xpander"

// The operations of xpander.
const (
	XpanderCreateAgent    = "xpander.CreateAgent"
	XpanderListAgents     = "xpander.ListAgents"
	XpanderListFullAgents = "xpander.ListFullAgents"
	XpanderGetAgent       = "xpander.GetAgent"
	XpanderUpdateAgent    = "xpander.UpdateAgent"
	XpanderDeployAgent    = "xpander.DeployAgent"
	XpanderDeleteAgent    = "xpander.DeleteAgent"
	XpanderInvokeAgent    = "xpander.InvokeAgent"
	XpanderStartTask      = "xpander.StartTask"
	XpanderStreamTask     = "xpander.StreamTask"
	XpanderListAgentTasks = "xpander.ListAgentTasks"
	XpanderListTasks      = "xpander.ListTasks"
	XpanderGetTask        = "xpander.GetTask"
	XpanderDeleteTask     = "xpander.DeleteTask"
	XpanderStopTask       = "xpander.StopTask"
	XpanderGetThread      = "xpander.GetThread"
	XpanderGetFullThread  = "xpander.GetFullThread"
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
