//go:build unix

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/internal/redistest"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// scene is a small fleet whose workers a test starts by itself.
type scene struct {
	*fleet
	t *testing.T
}

// each is how many agents a scene has on each API.
const each = 2

func newScene(t *testing.T, client *redis.Client) scene {
	t.Helper()
	mock, err := mockserver.Listen(mockserver.Config{RateLimits: true, Now: clock(30)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	f := &fleet{
		agents: each * len(apis), redis: client.Options().Addr, speed: 30, lease: 400 * time.Millisecond, patience: 10 * time.Second,
		name: "test", client: client, queues: map[string]*queue.Queue{}, mock: mock,
	}
	for _, a := range apis {
		f.queues[a.name] = newQueue(client, f.name, a.name, f.lease)
		if err := f.queues[a.name].Fill(t.Context(), a.jobs(f.name, each)); err != nil {
			t.Fatal(err)
		}
	}
	return scene{f, t}
}

func (s scene) worker(name string, names ...string) *worker {
	w := &worker{Name: name, Redis: s.redis, Fleet: s.name, URLs: map[string]string{}, Speed: s.speed, Lease: s.lease, Patience: s.patience}
	for _, name := range names {
		w.URLs[name] = s.mock.URL(name)
	}
	return w
}

// stop starts a worker process per API that stops itself at a stage.
func (s scene) stop(at stage, signal string) []*exec.Cmd {
	s.t.Helper()
	var processes []*exec.Cmd
	for _, a := range apis {
		settings, err := json.Marshal(s.worker("stops at "+a.name, a.name))
		if err != nil {
			s.t.Fatal(err)
		}
		process := exec.Command(os.Args[0], workerCommand, string(settings))
		process.Env = append(os.Environ(), stageVariable+"="+string(at)+" "+signal)
		process.Stderr = os.Stderr
		if err := process.Start(); err != nil {
			s.t.Fatal(err)
		}
		processes = append(processes, process)
	}
	return processes
}

// finish lets a worker do what is left.
func (s scene) finish() {
	s.t.Helper()
	var names []string
	for _, a := range apis {
		names = append(names, a.name)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	if err := s.worker("survivor", names...).run(ctx); err != nil || ctx.Err() != nil {
		s.t.Fatal(err, ctx.Err())
	}
}

// check compares what Redis and the server know.
func (s scene) check(doubtful map[string]int) {
	s.t.Helper()
	for _, a := range apis {
		count, err := s.queues[a.name].Count(s.t.Context())
		if want := (queue.Count{Wanted: each, Done: each - doubtful[a.name], Doubtful: doubtful[a.name]}); err != nil || count != want {
			s.t.Errorf("%s: %+v, want %+v: %v", a.name, count, want, err)
		}
		done, err := s.queues[a.name].Done(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		agents := s.mock.Agents(a.name)
		if len(agents) != len(done) {
			s.t.Errorf("%s: %d agents on the server, %d are known: %v", a.name, len(agents), len(done), done)
		}
		for _, agent := range agents {
			if done[agent.Name] != agent.ID {
				s.t.Errorf("%s: the server has %s as %s, the fleet knows %q", a.name, agent.Name, agent.ID, done[agent.Name])
			}
		}
	}
	if n := s.mock.Count(journal.Match{Status: http.StatusTooManyRequests}); n > 0 {
		s.t.Errorf("%d responses with 429", n)
	}
}

// TestWorkerKilledAtEachStage: each agent is made once, by whoever comes next.
// Only a worker that died right before its request leaves a doubt, and only
// where agents have no key: nobody can know that it had not sent it.
func TestWorkerKilledAtEachStage(t *testing.T) {
	for _, at := range stages {
		t.Run(string(at), func(t *testing.T) {
			redistest.Each(t, func(t *testing.T, client *redis.Client) {
				s := newScene(t, client)
				for i, process := range s.stop(at, "KILL") {
					if err := process.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
						t.Errorf("the worker of %s was not killed: %v", apis[i].name, err)
					}
				}
				s.finish()
				var doubtful map[string]int
				if at == recorded {
					doubtful = map[string]int{"omniflow": 1, "xpander": 1}
				}
				s.check(doubtful)
				rows, err := s.rows()
				if err != nil {
					t.Fatal(err)
				}
				if err := verdict(rows); (err != nil) != (at == recorded) || (err != nil && !strings.Contains(err.Error(), "omniflow: 1 doubtful")) {
					t.Errorf("verdict: %v", err)
				}
			})
		})
	}
}

// TestWorkerThatWasOnlyStopped: a worker that stands still behind its record,
// until others have done its work, and then sends its request all the same,
// makes no second agent, and ends the doubt.
func TestWorkerThatWasOnlyStopped(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		s := newScene(t, client)
		processes := s.stop(recorded, "STOP")
		for _, process := range processes {
			for state := syscall.WaitStatus(0); !state.Stopped(); {
				if _, err := syscall.Wait4(process.Process.Pid, &state, syscall.WUNTRACED, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.finish()
		s.check(map[string]int{"omniflow": 1, "xpander": 1})
		for _, process := range processes {
			if err := process.Process.Signal(syscall.SIGCONT); err != nil {
				t.Error(err)
			}
		}
		for i, process := range processes {
			if err := process.Wait(); err != nil {
				t.Errorf("the worker of %s: %v", apis[i].name, err)
			}
		}
		s.check(nil)
	})
}

// TestAgentsOfOthers: what has the name or the key of a job and is not what it
// asks for is never taken for it, nor changed.
func TestAgentsOfOthers(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		s := newScene(t, client)
		agents := map[string]maker{}
		jobs := map[string]queue.Job{}
		for _, a := range apis {
			var err error
			if agents[a.name], err = a.connect(agentclients.Options{BaseURL: s.mock.URL(a.name)}); err != nil {
				t.Fatal(err)
			}
			jobs[a.name] = a.jobs(s.name, 1)[0]
		}
		create := func(api string, job queue.Job) {
			if _, err := agents[api].create(t.Context(), job); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			create("omniflow", jobs["omniflow"])
			create("xpander", jobs["xpander"])
		}
		for _, api := range []string{"agentloop", "orq", "phoneagents"} {
			create(api, queue.Job{Name: "Somebody's", Key: jobs[api].Key})
		}
		for _, process := range s.stop(recorded, "KILL") {
			process.Wait() //nolint:errcheck // killed
		}
		s.finish()
		rows, err := s.rows()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			want := map[bool]string{true: "2 agents have its name: ", false: "another agent has the key: its "}[jobs[row.api].Key == ""]
			if len(row.problems) != 1 || !strings.Contains(row.problems[0], want) || row.Done != 1 {
				t.Errorf("%s: %d made, problems %q, want %q", row.api, row.Done, row.problems, want)
			}
		}
	})
}
