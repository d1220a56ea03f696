// Reconcile makes the agents on all five APIs be those of a YAML file. It prints
// what is there to do, and does it:
//
//	go run ./examples/reconcile -file agents.yaml
//
// The file has a list of agents per API, with the members of the create
// request of that API. Of phoneagents also user_id, of xpander also deploy. See
// examples/reconcile/agents.yaml, which the mock gets without -file.
//
// Without any key in the environment it talks to a mock of all APIs in this
// process, twice: the second time there is nothing left to do. With keys it
// talks to the real APIs, once, and keeps in a file beside the YAML (agents.yaml
// has agents.state.json) which agents were in it. Those that are not in it any
// more are removed with -prune, all others are let alone. Keep that file with
// the YAML.
//
// With -dry-run nothing is changed. The exit code is 1 after any error, and if
// it is unknown whether something was done.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

//go:embed agents.yaml
var sample []byte

func main() {
	path := flag.String("file", "", "YAML `file` with the agents; default: the sample of this program")
	r := reconciler{out: os.Stdout, patience: 5 * time.Second}
	flag.BoolVar(&r.prune, "prune", false, "remove agents that were in the file and are not any more")
	flag.BoolVar(&r.dryRun, "dry-run", false, "print the plan, change nothing")
	mocked := flag.Bool("mock", false, "use the mock, even if there are keys in the environment")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := start(ctx, &r, *path, *mocked || !hasKeys()); err != nil {
		fmt.Fprintf(os.Stderr, "reconcile: %v\n", err)
		os.Exit(1)
	}
}

// start reads the file and runs the reconciler.
func start(ctx context.Context, r *reconciler, path string, mocked bool) error {
	name, text := "agents.yaml", sample
	if path != "" {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return err
		}
		name = path
	}
	agents, err := readFile(name, text)
	if err != nil {
		return fmt.Errorf("the file cannot be used:\n%w", err)
	}
	switch {
	case mocked:
		return onMock(ctx, r, agents)
	case path == "":
		return errors.New("there are keys in the environment: give -file, or -mock for the sample")
	}
	if r.state, err = readState(strings.TrimSuffix(name, filepath.Ext(name)) + ".state.json"); err != nil {
		return err
	}
	if err := r.connect(agents, func(kind) agentclients.Options { return agentclients.Options{} }, false); err != nil {
		return err
	}
	return r.run(ctx, agents)
}

// onMock runs twice against a mock of all APIs.
func onMock(ctx context.Context, r *reconciler, agents []agent) error {
	mock, err := mockserver.Listen(mockserver.Config{})
	if err != nil {
		return err
	}
	defer mock.Close()
	fmt.Fprintln(r.out, "Using the mock.")
	r.state = new(state)
	if err := r.connect(agents, mockOptions(mock), true); err != nil {
		return err
	}
	if err := r.run(ctx, agents); err != nil || r.dryRun {
		return err
	}
	before := len(mock.Calls(journal.Match{}))
	fmt.Fprintln(r.out, "\nOnce more:")
	if err := r.run(ctx, agents); err != nil {
		return err
	}
	calls := mock.Calls(journal.Match{})[before:]
	writes := slices.DeleteFunc(slices.Clone(calls), func(c journal.Call) bool { return c.Method == "GET" })
	fmt.Fprintf(r.out, "The second run sent %d requests, %d of them writes.\n", len(calls), len(writes))
	return nil
}

// mockOptions lead the clients to a mock.
func mockOptions(mock *mockserver.Server) func(kind) agentclients.Options {
	return func(k kind) agentclients.Options {
		return agentclients.Options{BaseURL: mock.URL(k.api), HTTPClient: mock.Client()}
	}
}

// connect makes clients of the APIs that have agents in the file, or some to
// remove.
func (r *reconciler) connect(agents []agent, options func(kind) agentclients.Options, mocked bool) error {
	used := map[string]bool{}
	for _, a := range agents {
		used[a.record().API] = true
	}
	for _, old := range r.stale(agents) {
		used[old.API] = used[old.API] || r.prune
	}
	r.clients = new(clients)
	for _, k := range kinds {
		if !used[k.api] {
			continue
		}
		if err := k.connect(r.clients, options(k), mocked); err != nil {
			return err
		}
	}
	return nil
}
