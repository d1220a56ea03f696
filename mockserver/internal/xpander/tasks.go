package xpander

import (
	"net/http"
	"slices"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

func getTask(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findTask(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, taskView(r, found.task)), nil
}

// stopTask leaves a task as it is that is over.
func stopTask(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findTask(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	shown := found.task
	if found.Turn != nil {
		shown = shown.stop(r.Now())
		r.Commit(func() {
			s.player(r, r.Tenant, found).stop(r.Now())
			shown = found.task
		})
	}
	return emulate.JSON(http.StatusOK, taskView(r, shown)), nil
}

// deleteTask stops a task that is not over first.
func deleteTask(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findTask(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	r.Commit(func() { s.removeTask(r, found) })
	if r.Variant(deleteMessage) {
		return emulate.JSON(http.StatusAccepted, map[string]string{"message": "Task deleted", "task_id": r.Params["task_id"]}), nil
	}
	return emulate.Response{Status: http.StatusNoContent}, nil
}

func (s *state) removeTask(r *emulate.Request, found *taskRecord) {
	p := s.player(r, r.Tenant, found)
	p.stop(r.Now())
	if p.parent != nil {
		isIt := func(id string) bool { return id == found.ID }
		p.parent.SubExecutions = slices.DeleteFunc(slices.Clone(p.parent.SubExecutions), isIt)
		p.parent.FinishedSubExecutions = slices.DeleteFunc(slices.Clone(p.parent.FinishedSubExecutions), isIt)
	}
	s.Tasks.Remove(r.Tenant, found.ID)
}

// removeTasksOf removes the tasks of an agent.
func (s *state) removeTasksOf(r *emulate.Request, agentID string) {
	for found := range s.Tasks.OldestFirst(r.Tenant) {
		if found.AgentID == agentID {
			s.removeTask(r, found)
		}
	}
}

// findTask returns the task that the path names.
func findTask(r *emulate.Request, s *state) (*taskRecord, error) {
	id := r.Params["task_id"]
	if found := s.Tasks.Get(r.Tenant, id); found != nil {
		return found, nil
	}
	if len(s.Tasks.Find(id)) > 0 {
		r.Guess("403-other-organization")
		return nil, refuse(r, http.StatusForbidden, "").
			Because("task_id: expected a task of this organization, got one of another").Refuse()
	}
	return nil, refuse(r, http.StatusNotFound, "Task not found").
		Because("task_id: expected the id of a task, got another one").Refuse()
}

func getThread(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findTask(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, found.Thread), nil
}

// getFullThread has the threads of the tasks below a task, too, by their ids.
func getFullThread(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findTask(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	threads := map[string][]message{"root": found.Thread}
	below := slices.Clone(found.SubExecutions)
	for i := 0; i < len(below); i++ { // it grows
		if sub := s.Tasks.Get(r.Tenant, below[i]); sub != nil && sub != found {
			threads[sub.ID] = sub.Thread
			for _, id := range sub.SubExecutions {
				below = appendNew(below, id)
			}
		}
	}
	return emulate.JSON(http.StatusOK, threads), nil
}

func listTasks(r *emulate.Request, s *state) (emulate.Response, error) {
	return pageOfTasks(r, s, r.Query.Get("agent_id"))
}

func listAgentTasks(r *emulate.Request, s *state) (emulate.Response, error) {
	agent, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return pageOfTasks(r, s, agent.ID)
}

// pageOfTasks lists the tasks of an agent, or of all if its id is empty. A
// turn that follows another one leaves its task where it is.
func pageOfTasks(r *emulate.Request, s *state, agentID string) (emulate.Response, error) {
	var wrong problems
	p := wrong.page(r)
	status := r.Query.Get("status")
	if status != "" && !slices.Contains(taskStatuses, status) {
		wrong.add("enum", enumMessage(taskStatuses), "query", "status")
	}
	if len(wrong) > 0 {
		return emulate.Response{}, wrong.refuse()
	}
	is := func(name, have string) bool {
		want := r.Query.Get(name)
		return want == "" || want == have
	}
	for t := range s.Tasks.NewestFirst(r.Tenant) {
		item := t.item()
		if (agentID == "" || agentID == t.AgentID) && is("status", t.Status) && is("internal_status", value(t.InternalStatus)) &&
			is("user_id", value(item.UserID)) && is("parent_task_id", value(item.ParentTaskID)) && is("triggering_agent_id", value(item.TriggeringAgentID)) {
			if p.wants() {
				p.Items = append(p.Items, item)
			}
			p.Total++
		}
	}
	return p.respond(r), nil
}
