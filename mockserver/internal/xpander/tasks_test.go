package xpander_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

var matchAll = journal.Match{}

func TestUnknownTasks(t *testing.T) {
	withTasks(t, mockserver.Config{Tenants: map[string]string{"other": "other"}}, func(m *taskMock) {
		m.start("t", "hi")
		ops := []struct{ method, path string }{
			{"GET", ""}, {"DELETE", ""}, {"POST", "/stop"}, {"GET", "/thread"}, {"GET", "/thread/full"},
		}
		for _, op := range ops {
			if got := m.do(404, op.method, "/v1/tasks/none"+op.path, ""); got != `{"detail":"Task not found"}` {
				t.Error(got)
			}
			m.key = ""
			m.do(401, op.method, "/v1/tasks/t"+op.path, "")
			m.key = "other"
			m.do(403, op.method, "/v1/tasks/t"+op.path, "")
			m.key = "k"
		}
		m.do(404, "GET", "/v1/agents/none/tasks", "")
		m.key = "other" // another organization can have the same id
		agent, _ := m.newAgent()
		if got := m.task("POST", agent+"/invoke", asks("t", "theirs")); got.Input.Text != "theirs" {
			t.Errorf("%+v", got)
		}
		m.key = "k"
		if got := m.get("t"); got.Input.Text != "hi" {
			t.Errorf("%+v", got)
		}
	})
}

func TestStopTask(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Hold: true}, script.Reply{Delay: time.Hour}, script.Reply{Ask: "?"}, script.Reply{Hold: true})
		var waited aTask
		var group sync.WaitGroup
		group.Go(func() { waited = m.task("POST", m.agent+"/invoke", asks("sync", "hi")) })
		synctest.Wait()
		m.start("pending", "hi")
		m.start("paused", "hi")
		<-time.After(time.Second) // virtual
		for _, id := range []string{"sync", "pending", "paused"} {
			got := m.task("POST", "/v1/tasks/"+id+"/stop", "")
			if got.line() != "stopped" || !got.IsManuallyStopped || after(t, got.FinishedAt) != time.Second || got.HITLRequest != nil {
				t.Errorf("%s: %+v", id, got)
			}
			if again := m.task("POST", "/v1/tasks/"+id+"/stop", ""); !cmp.Equal(again, got) {
				t.Errorf("%s: %+v", id, again)
			}
			if n := m.Release(mockserver.Xpander, id); n != 0 {
				t.Errorf("%s: released %d", id, n)
			}
		}
		if group.Wait(); waited.line() != "stopped" {
			t.Errorf("%+v", waited)
		}
		// It can have another turn.
		if got := m.start("sync", "again"); got.line() != "pending" || got.IsManuallyStopped {
			t.Errorf("%+v", got)
		}
		if got := m.messages("sync"); got != "user: hi\nuser: again" {
			t.Error(got)
		}
	})
}

func TestDeleteTask(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Hold: true})
		var waited aTask
		var group sync.WaitGroup
		group.Go(func() { waited = m.task("POST", m.agent+"/invoke", asks("t", "hi")) })
		synctest.Wait()
		if got := m.do(204, "DELETE", "/v1/tasks/t", ""); got != "" {
			t.Errorf("%q", got)
		}
		if group.Wait(); waited.line() != "stopped" {
			t.Errorf("%+v", waited)
		}
		m.do(404, "DELETE", "/v1/tasks/t", "")
		m.do(404, "GET", "/v1/tasks/t", "")
		// The id is free again, and the thread is a new one.
		m.start("t", "again")
		if got := m.messages("t"); got != "user: again\nassistant: Hello! I'm a simulated reply." {
			t.Error(got)
		}
		// An agent takes its tasks along, and no others.
		other, _ := m.newAgent()
		m.task("POST", other+"/invoke", asks("u", "hi"))
		m.do(202, "DELETE", m.agent, "")
		m.do(404, "GET", "/v1/tasks/t", "")
		m.do(404, "POST", m.agent+"/invoke", asks("v", "hi"))
		m.get("u")
	})
	withTasks(t, mockserver.Config{Variants: []string{mockserver.XpanderDeleteMessage}}, func(m *taskMock) {
		m.start("t", "hi")
		if got := m.do(202, "DELETE", "/v1/tasks/t", ""); got != `{"message":"Task deleted","task_id":"t"}` {
			t.Error(got)
		}
		m.do(404, "GET", "/v1/tasks/t", "")
	})
}

func TestListTasks(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		other, otherID := m.newAgent()
		m.replies(script.Reply{Text: "A"}, script.Reply{Error: "B"}, script.Reply{Hold: true})
		m.task("POST", m.agent+"/invoke", asks("a", "x", `"title":"T"`))
		m.task("POST", other+"/invoke", asks("b", "x", `"parent_execution_id":"a","triggering_agent_id":"tr"`))
		m.start("c", "x")
		m.task("POST", m.agent+"/invoke", `{"id":"d","source":"webhook","input":{"text":"x","user":{"id":"u","email":"e"}}}`)
		<-time.After(time.Hour) // virtual
		m.task("POST", m.agent+"/invoke", asks("a", "again"))
		type page struct {
			Items                            []map[string]any
			Total, Page, PerPage, TotalPages int
		}
		list := func(path string) (ids string) {
			m.t.Helper()
			var p page
			m.read(200, &p, "GET", path, "")
			for _, item := range p.Items {
				ids += item["id"].(string)
			}
			if ids == "" {
				ids = "-"
			}
			return ids
		}
		agentTasks := m.agent + "/tasks"
		for path, want := range map[string]string{
			"/v1/tasks": "dcba", "/v1/tasks?page=2&per_page=3": "a", "/v1/tasks?page=9": "-", "/v1/tasks?agent_id=" + otherID: "b",
			"/v1/tasks?status=completed": "da", "/v1/tasks?status=executing": "c", "/v1/tasks?status=failed": "b", "/v1/tasks?status=paused": "-",
			"/v1/tasks?user_id=u": "d", "/v1/tasks?parent_task_id=a": "b", "/v1/tasks?triggering_agent_id=tr": "b", "/v1/tasks?internal_status=x": "-",
			"/v1/tasks?status=completed&per_page=1&page=2": "a", agentTasks: "dca", other + "/tasks": "b", agentTasks + "?status=executing": "c",
			agentTasks + "?agent_id=" + otherID: "dca", "/v1/tasks?agent_id=none": "-",
		} {
			if got := list(path); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		for query, loc := range map[string]string{"status=running": "status", "page=0": "page", "per_page=51": "per_page", "page=x": "page"} {
			for _, path := range []string{"/v1/tasks", agentTasks} {
				if got := m.do(422, "GET", path+"?"+query, ""); !strings.Contains(got, `"loc":["query","`+loc+`"]`) {
					t.Errorf("%s: %s", query, got)
				}
			}
		}
		got := m.do(200, "GET", "/v1/tasks?per_page=1&page=4", "")
		want := fmt.Sprintf(`{"items":[{"id":"a","agent_id":%q,"user_id":null,"parent_task_id":null,"triggering_agent_id":null,"organization_id":%q,"status":"completed",`+
			`"created_at":"2000-01-01T00:00:00.000000Z","updated_at":"2000-01-01T01:00:00.000000Z","source_node_type":"api","result":"Hello! I'm a simulated reply.","title":"T"}],`+
			`"total":4,"page":4,"per_page":1,"total_pages":4}`, m.id, organization(m))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func organization(m *taskMock) string {
	var agent struct {
		OrganizationID string `json:"organization_id"`
	}
	m.read(200, &agent, "GET", m.agent, "")
	return agent.OrganizationID
}

func TestThreads(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "A", Usage: &script.Usage{Input: 3, Output: 4}}, script.Reply{Text: "half", Error: "no"}, script.Reply{Error: "no"})
		m.task("POST", m.agent+"/invoke", asks("root", "hi"))
		if got := m.do(200, "GET", "/v1/tasks/root/thread", ""); !strings.Contains(got, `"metrics":{"input_tokens":3,"output_tokens":4,"total_tokens":7},"created_at":946684800}]`) {
			t.Error(got)
		}
		m.task("POST", m.agent+"/invoke", asks("sub", "one", `"parent_execution_id":"root"`))
		m.task("POST", m.agent+"/invoke", asks("subsub", "two", `"parent_execution_id":"sub"`))
		m.replies(script.Reply{Hold: true})
		m.start("sub2", "three")
		m.start("self", "me") // takes the usual reply
		m.task("POST", "/v1/tasks/sub2/stop", "")
		m.task("POST", m.agent+"/invoke", asks("sub2", "four", `"parent_execution_id":"root"`))
		m.task("POST", m.agent+"/invoke", asks("self", "again", `"parent_execution_id":"self"`))
		full := func(id string) map[string]string {
			threads := map[string][]aMessage{}
			m.read(200, &threads, "GET", "/v1/tasks/"+id+"/thread/full", "")
			out := map[string]string{}
			for id, thread := range threads {
				out[id] = said(thread)
			}
			return out
		}
		const usual = "\nassistant: Hello! I'm a simulated reply."
		if diff := cmp.Diff(map[string]string{
			"root": "user: hi\nassistant: A", "sub": "user: one\nassistant: half", "subsub": "user: two", "sub2": "user: three\nuser: four" + usual,
		}, full("root")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]string{"root": "user: me" + usual + "\nuser: again" + usual}, full("self")); diff != "" {
			t.Error(diff)
		}
		if root := m.get("root"); !cmp.Equal(root.SubExecutions, []string{"sub", "sub2"}) || !cmp.Equal(root.FinishedSubExecutions, []string{"sub", "sub2"}) {
			t.Errorf("%+v", root)
		}
		m.do(204, "DELETE", "/v1/tasks/sub", "")
		if root := m.get("root"); !cmp.Equal(root.SubExecutions, []string{"sub2"}) || !cmp.Equal(root.FinishedSubExecutions, []string{"sub2"}) {
			t.Errorf("%+v", root)
		}
	})
}

// Runs are in snapshots, wherever they are, and go on where they come back.
func TestRunningTasksSurviveSnapshots(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(
			script.Reply{Text: "a b", Pace: 10 * time.Minute}, script.Reply{Hold: true, Text: "held"}, script.Reply{Ask: "?", Text: "asked"},
			script.Reply{Tools: []script.ToolCall{{Name: "x"}}, Text: "tooled", Pace: 10 * time.Minute}, script.Reply{Delay: 10 * time.Minute, Text: "late"})
		for _, id := range []string{"paced", "held", "asked", "tooled", "late"} {
			m.start(id, "hi")
		}
		m.ScriptFunc(mockserver.Xpander, script.Echo)
		m.start("undecided", "hi")
		document := m.Snapshot()
		// The same document comes of the state that it makes.
		other := m.Namespace("other")
		if err := other.Restore(document); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(xpanderOf(t, document), xpanderOf(t, other.Snapshot())); diff != "" {
			t.Error(diff)
		}
		if n := other.Release(mockserver.Xpander, ""); n != 2 {
			t.Errorf("released %d", n)
		}
		<-time.After(20 * time.Minute) // virtual
		got := map[string]string{}
		for _, id := range []string{"paced", "held", "asked", "tooled", "late", "undecided"} {
			var found aTask
			response, err := m.Client().Do(request(m, other.URL(mockserver.Xpander)+"/v1/tasks/"+id))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			got[id] = found.line()
		}
		if diff := cmp.Diff(map[string]string{
			"paced": "completed a b", "held": "completed held", "asked": "completed asked", "tooled": "completed tooled", "late": "completed late",
			"undecided": "completed Hello! I'm a simulated reply.",
		}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// xpanderOf is what a document has of this API.
func xpanderOf(t *testing.T, document json.RawMessage) string {
	t.Helper()
	var read struct {
		APIs struct{ Xpander json.RawMessage }
	}
	if err := json.Unmarshal(document, &read); err != nil {
		t.Fatal(err)
	}
	return string(read.APIs.Xpander)
}

func request(m *taskMock, url string) *http.Request {
	r, err := http.NewRequestWithContext(m.t.Context(), "GET", url, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", "k")
	return r
}

// A document of a time before there were tasks still loads.
func TestSnapshotsWithoutTasks(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		var document map[string]any
		if err := json.Unmarshal(m.Snapshot(), &document); err != nil {
			t.Fatal(err)
		}
		delete(document["apis"].(map[string]any)["xpander"].(map[string]any), "tasks")
		old, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		m.start("t", "hi")
		if err := m.Restore(old); err != nil {
			t.Fatal(err)
		}
		m.do(404, "GET", "/v1/tasks/t", "")
		if got := m.task("POST", m.agent+"/invoke", asks("t", "hi")).Status; got != "completed" {
			t.Error(got)
		}
	})
}

// Replies and releases come over HTTP, too, and tasks can be looked up.
func TestTasksOverTheAdminAPI(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		admin := func(status int, method, path, body string) string {
			m.t.Helper()
			return roomtest.Admin(t, m.Server, status, method, path, body)
		}
		admin(201, "POST", "/replies", `{"api":"xpander","replies":[{"text":"There are nine.","chunks":["There are ","nine."],"hold":true,"thread":"t"},{"error":"busy"}]}`)
		var got string
		var group sync.WaitGroup
		group.Go(func() { got = m.stream(asks("t", "hi")) })
		synctest.Wait()
		if text := admin(200, "GET", "/replies", ""); !strings.Contains(text, `"xpander":[{"error":"busy"}]`) {
			t.Error(text)
		}
		if text := admin(200, "POST", "/release", `{"api":"xpander","thread":"t"}`); !strings.Contains(text, `"released":1`) {
			t.Error(text)
		}
		group.Wait()
		if got != "task_created pending\ntask_updated executing\nchunk \"There are \"\nchunk \"nine.\"\ntask_finished completed There are nine." {
			t.Error(got)
		}
		if got := m.task("POST", m.agent+"/invoke", asks("u", "hi")).line(); got != "failed busy" {
			t.Error(got)
		}
		if text := admin(200, "GET", "/state/xpander/tasks/u", ""); !strings.Contains(text, `"status":"failed"`) {
			t.Error(text)
		}
	})
}

// Every reply goes to one run, and every run gets one, however many there are
// at once.
func TestRepliesOfRunsAtOnce(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		const rounds, atOnce = 100, 4
		for i := range rounds * atOnce {
			m.replies(script.Reply{Text: fmt.Sprint(i)})
		}
		taken := map[string]string{}
		for i := range rounds {
			var group sync.WaitGroup
			for _, which := range "abcd" {
				group.Go(func() { m.start(fmt.Sprintf("%c%d", which, i), "x") })
			}
			group.Wait()
			for _, which := range "abcd" {
				id := fmt.Sprintf("%c%d", which, i)
				text := *m.get(id).Result
				if before := taken[text]; before != "" {
					t.Errorf("%s and %s both say %s", before, id, text)
				}
				taken[text] = id
				if n, err := strconv.Atoi(text); err != nil || n/atOnce != i {
					t.Errorf("%s says %s", id, text)
				}
			}
		}
		if len(taken) != rounds*atOnce {
			t.Errorf("%d replies were taken", len(taken))
		}
	})
}
