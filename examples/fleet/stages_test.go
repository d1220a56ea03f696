//go:build unix

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// stage is a moment in the work of a worker on its first job.
type stage string

const (
	taken    stage = "taken"    // has a job
	waiting  stage = "waiting"  // has reserved a moment for its request
	recorded stage = "recorded" // has recorded that it is about to create, and has sent nothing
	sent     stage = "sent"     // the server has made the agent and responded, and nobody has read it
	made     stage = "made"     // has read the response, and has not recorded it
	settled  stage = "settled"  // has recorded the agent
)

var stages = []stage{taken, waiting, recorded, sent, made, settled}

// stageVariable makes a worker process stop at a stage, with a signal that it
// sends to itself: "recorded KILL" or "recorded STOP".
const stageVariable = "FLEET_TEST_STAGE"

// runWorkerThatStops is runWorker, but for stageVariable.
func runWorkerThatStops(ctx context.Context, settings string) error {
	at, name, ok := strings.Cut(os.Getenv(stageVariable), " ")
	if !ok {
		return runWorker(ctx, settings)
	}
	signal := map[string]syscall.Signal{"KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP}[name]
	w := worker{}
	if err := json.Unmarshal([]byte(settings), &w); err != nil {
		return err
	}
	stop := &stopper{at: stage(at), signal: signal}
	w.hook, w.client = stop, &http.Client{Transport: stop}
	return w.run(ctx)
}

// stopper watches the calls of Redis and the requests of a worker, and stops
// its process at a stage, once.
type stopper struct {
	at      stage
	signal  syscall.Signal
	stopped bool
}

func (s *stopper) reach(at stage) {
	if at == s.at && !s.stopped {
		s.stopped = true
		last := time.Now()
		syscall.Kill(os.Getpid(), s.signal) //nolint:errcheck // itself
		if s.signal == syscall.SIGKILL {
			select {} // the signal is on its way
		}
		for now := time.Now(); now.Sub(last) < 100*time.Millisecond; { // until the process has stood still
			last, now = now, time.Now()
		}
	}
}

func (s *stopper) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodPost {
		return http.DefaultTransport.RoundTrip(request)
	}
	s.reach(recorded)
	// A request that is in the hands of the system is sent, whatever the client
	// would rather do.
	response, err := http.DefaultTransport.RoundTrip(request.WithContext(context.WithoutCancel(request.Context())))
	s.reach(sent)
	return response, err
}

func (s *stopper) DialHook(next redis.DialHook) redis.DialHook { return next }
func (s *stopper) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s *stopper) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		has := func(word string) bool {
			return slices.ContainsFunc(command.Args(), func(argument any) bool {
				text, _ := argument.(string)
				return strings.HasPrefix(text, word)
			})
		}
		reserves, records := has("limit:"), has("evalsha") && has("done")
		if reserves {
			s.reach(taken)
		}
		if records {
			s.reach(made)
		}
		err := next(ctx, command)
		if err == nil && reserves {
			s.reach(waiting)
		}
		if err == nil && records {
			s.reach(settled)
		}
		return err
	}
}
