package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/agentclients/agentclients-go/examples/fleet/queue"
)

// ended tells that a worker process has ended.
type ended struct {
	name string
	err  error
}

// work starts the worker processes, shows how far they are, and returns when
// the last one has ended. Its error says why work was left over.
func (f *fleet) work(ctx context.Context, shown *screen) error {
	ends := make(chan ended)
	running := 0
	for i := range f.workers {
		w := worker{
			Name: fmt.Sprintf("worker %d", i+1), Redis: f.redis, Fleet: f.name, URLs: map[string]string{},
			Speed: f.speed, Lease: f.lease, Patience: f.patience,
		}
		for name := range f.queues {
			w.URLs[name] = f.mock.URL(name)
		}
		process, err := start(ctx, w)
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		running++
		shown.line(fmt.Sprintf("%s is process %d", w.Name, process.Process.Pid))
		go func() { ends <- ended{w.Name, process.Wait()} }()
	}

	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	var failures []error
	for running > 0 {
		select {
		case <-ticker.C:
			if total, err := f.count(ctx); err == nil {
				shown.progress(total)
			}
		case end := <-ends:
			running--
			if end.err != nil {
				shown.line(fmt.Sprintf("%s ended: %v (workers left: %d)", end.name, end.err, running))
				failures = append(failures, fmt.Errorf("%s: %w", end.name, end.err))
			}
		}
	}
	total, err := f.count(context.WithoutCancel(ctx))
	if err == nil {
		shown.progress(total)
	}
	shown.end()
	if err == nil && total.Open() == 0 {
		return nil // the others did the work of those that failed
	}
	return errors.Join(append(failures, err)...)
}

// start starts a worker process: this program again. Its standard input ends
// with this process, which tells it to end, too.
func start(ctx context.Context, w worker) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	process := exec.CommandContext(ctx, program, workerCommand, string(settings))
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	process.WaitDelay = w.Lease + 5*time.Second
	process.Stderr = os.Stderr
	if _, err := process.StdinPipe(); err != nil {
		return nil, err
	}
	return process, process.Start()
}

// count adds the counts of all APIs.
func (f *fleet) count(ctx context.Context) (queue.Count, error) {
	var total queue.Count
	for _, jobs := range f.queues {
		count, err := jobs.Count(ctx)
		if err != nil {
			return total, err
		}
		total.Wanted += count.Wanted
		total.Done += count.Done
		total.Failed += count.Failed
		total.Doubtful += count.Doubtful
	}
	return total, nil
}
