package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"text/tabwriter"

	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// row is what became of the agents of one API: by the list of jobs, and by the
// server itself.
type row struct {
	api string
	queue.Count
	onServer, requests, refused int      // refused: with 429
	problems                    []string // of single agents
}

// rows asks Redis and the mock.
func (f *fleet) rows() ([]row, error) {
	ctx := context.Background()
	var rows []row
	for _, a := range apis {
		jobs := f.queues[a.name]
		if jobs == nil {
			continue
		}
		count, err := jobs.Count(ctx)
		failed, failedErr := jobs.Failed(ctx)
		doubtful, doubtfulErr := jobs.Doubtful(ctx)
		if err := errors.Join(err, failedErr, doubtfulErr); err != nil {
			return nil, err
		}
		r := row{
			api: a.name, Count: count, onServer: len(f.mock.Agents(a.name)),
			requests: f.mock.Count(journal.Match{API: a.name}),
			refused:  f.mock.Count(journal.Match{API: a.name, Status: http.StatusTooManyRequests}),
		}
		for _, name := range slices.Sorted(maps.Keys(doubtful)) {
			r.problems = append(r.problems, fmt.Sprintf("doubtful: %s, %s: %s", a.name, name, doubtful[name]))
		}
		for _, name := range slices.Sorted(maps.Keys(failed)) {
			r.problems = append(r.problems, fmt.Sprintf("failed: %s, %s: %s", a.name, name, failed[name]))
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// printTable prints the rows, their sum, and the agents that need a look.
func printTable(out io.Writer, rows []row) {
	sum := row{api: "all"}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nAPI\tWANTED\tMADE\tON SERVER\tDOUBTFUL\tFAILED\tREQUESTS\t429S")
	line := func(r row) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n",
			r.api, r.Wanted, r.Done, r.onServer, r.Doubtful, r.Failed, r.requests, r.refused)
	}
	for _, r := range rows {
		line(r)
		sum.Wanted += r.Wanted
		sum.Done += r.Done
		sum.Doubtful += r.Doubtful
		sum.Failed += r.Failed
		sum.onServer += r.onServer
		sum.requests += r.requests
		sum.refused += r.refused
		sum.problems = append(sum.problems, r.problems...)
	}
	line(sum)
	table.Flush() //nolint:errcheck // as fmt.Println
	for _, problem := range sum.problems {
		fmt.Fprintln(out, problem)
	}
}

// verdict is an error unless each agent was surely made, once.
func verdict(rows []row) error {
	var errs []error
	say := func(api string, number int, what string) {
		if number > 0 {
			errs = append(errs, fmt.Errorf("%s: %d %s", api, number, what))
		}
	}
	for _, r := range rows {
		say(r.api, r.Doubtful, "doubtful: look for them before you create them again")
		say(r.api, r.Failed, "failed")
		say(r.api, r.Open(), "not made")
		say(r.api, r.onServer-r.Wanted, "too many on the server")
	}
	return errors.Join(errs...)
}
