// Package xpander is a client of the xpander.ai API for AI agents.
//
//	client, err := xpander.NewClient(xpander.Config{APIKey: key})
//	agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{
//		Name:          "Customer Support Agent",
//		ModelProvider: new(xpander.ModelProviderOpenAI),
//		ModelName:     new("gpt-5.2"),
//	})
//
// Methods of [Client]:
//
//   - agents: CreateAgent, EnsureAgent, GetAgent, ListAgents, AllAgents,
//     ListFullAgents, AllFullAgents, FindAgents, UpdateAgent, DeployAgent,
//     DeleteAgent
//   - running an agent: RunAgent, StreamRun
//   - tasks: InvokeAgent, StartTask, StreamTask, GetTask, WaitTask, ListTasks,
//     AllTasks, ListAgentTasks, AllAgentTasks, StopTask, DeleteTask
//   - threads: GetThread, GetFullThread
//   - anything else: Do
//
// # One create, one agent
//
// The API has no way to recognize a create that it has seen before. So the
// client does not repeat one whose response was lost: the error matches
// [agentclients.ErrOutcomeUnknown], and the agent may or may not exist.
// FindAgents tells. The same holds for deploying, which makes a new version
// each time.
//
// # One run, one turn
//
// RunAgent asks an agent something and waits for the answer, StreamRun also
// hands out its pieces as they come:
//
//	for event, err := range client.StreamRun(ctx, agent.ID, xpander.RunRequest{Text: "Count the boxes"}) {
//		if err != nil {
//			return err
//		}
//		fmt.Print(event.Text)
//	}
//
// A call starts at most one turn. A new task has an id that the client makes
// before the first byte is sent; if the response is lost, the task is read by
// it, and the run goes on from there. A task that goes on, or one whose id the
// caller chose, may have had other turns. So it is read before the turn is
// sent, too: if the response is then lost, the turn is known to have begun only
// if the task shows its text and did not before. What cannot be known is
// [agentclients.ErrOutcomeUnknown], with the id of the task.
//
// # Staged and deployed
//
// An update is staged and HasPendingChanges is set, until the agent is
// deployed. A deploy makes the staged configuration the one that runs, and
// increments Version, which begins at 2. Newer servers may apply an update at
// once. Nothing in this package relies on either.
//
// # Limits
//
// The API allows 100 requests a minute and 1,000 requests an hour per key. It
// also says 429 when the limit of the plan is reached, and then trying
// again does not help: the message of the error tells.
package xpander
