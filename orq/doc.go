// Package orq is a client of the agents API of orq.ai.
//
//	client, err := orq.NewClient(orq.Config{APIKey: key})
//	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
//		Key:          "support.agent",
//		Role:         "Assistant",
//		Description:  "Answers questions about orders",
//		Instructions: "Be brief. Look the order up before you answer.",
//		Path:         "Default",
//		Model:        orq.Model{ID: "openai/gpt-4o"},
//	})
//
// Methods of [Client]:
//
//   - agents: CreateAgent, EnsureAgent, GetAgent, ListAgents, AllAgents,
//     UpdateAgent, DeleteAgent
//   - running an agent: RunAgent, StreamRun
//   - responses, which the vendor recommends: CreateResponse, StreamResponse,
//     GetResponse, WaitResponse
//   - agent responses, an older way to run one: CreateAgentResponse,
//     StreamAgentResponse, GetAgentResponse
//   - tasks, the oldest way: InvokeAgent, StreamTask, ListTasks, AllTasks,
//     GetTask, WaitTask, and their actions: ListActions, GetAction,
//     ReviewAction
//   - anything else: Do
//
// # One create, one agent
//
// The key of an agent is unique in its workspace: the API refuses a second
// create with the same key. So the client may repeat a create, and if it stays
// open what became of it (the last response was lost or cannot be read, or a
// repeat is refused with 409) it reads the agent of the key, once. If
// [CreateAgentRequest.Diff] finds nothing the agent is returned; else the error
// is [agentclients.ErrConflict]. If the agent cannot be read it is
// [agentclients.ErrOutcomeUnknown].
//
// A 409 to the first try is a plain conflict. [Client.EnsureAgent] is for
// programs that do not care whether the agent exists already.
//
// # One call, one run
//
// Nothing in this API names a run before the server does. So a request that
// starts one is sent again only if it was never sent or was refused with 429,
// and if its response is lost the error is [agentclients.ErrOutcomeUnknown].
// The streams name the run in their first event, which makes the time short in
// which that can happen: RunAgent and StreamRun use one, and read the response
// if it breaks later.
//
// A run may wait for the caller: for the result of a function, or for an
// approval. That is [agentclients.ErrInputRequired], and not a failure. It goes
// on with another call that names it: PreviousResponseID of a response, TaskID
// of a task; a person's approval is given with [Client.ReviewAction]. Only
// tasks and the older two streams show that a tool waits for that approval: a
// response is in progress all the while.
//
// # Functions of the caller
//
// A function that the caller carries out is a tool of the agent
// ([ToolFunction], in [Settings]), or of one request: a [ResponseTool] in its
// Tools. When the agent calls it, the run ends with
// [agentclients.ErrInputRequired], and the next run brings the result:
//
//	request := orq.RunRequest{Text: "Where is order 7?"}
//	for {
//		run, err := client.RunAgent(ctx, "support.agent", request)
//		if !errors.Is(err, agentclients.ErrInputRequired) || run == nil || run.Response == nil {
//			return run, err
//		}
//		request = orq.RunRequest{PreviousResponseID: run.ID, Tools: request.Tools}
//		for _, item := range run.Response.Pending() {
//			if item.Type != orq.ItemFunctionCall {
//				return run, err // an approval: see MCPApproval
//			}
//			request.Items = append(request.Items, orq.FunctionCallOutput(item.CallID, call(item.Name, item.Arguments)))
//		}
//	}
//
// With StreamRun it is the same: the error and the Run are in the last pair. No
// document says that tools of a request stay for the next one, so send them
// with each.
//
// # Older and newer servers
//
// The same run shows as a response, as an agent response and as a task only as
// far as the server has these operations. Comments call "servers of 2025" those
// that have tasks with their lists and actions, and may have no responses; and
// "newer servers" those that have responses, and no lists of tasks. Calling
// what a server does not have is [agentclients.ErrNotFound]. The client does
// not go from one to the other by itself.
//
// # Requests and responses
//
// An agent comes back in a slightly different form: its model is always an
// object ([AgentModel]), the fallback models are inside of it, and its tools
// have an id ([AgentTool]). AgentModel.ID is an id of the server's own, which
// need not be the text that was sent.
//
// # Limits
//
// The API limits the requests of an account per minute, by its plan.
package orq
