package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/mockserver"
)

// fleet is a run of the program: a number of agents, and who makes them.
type fleet struct {
	agents, workers int
	redis           string // host:port, "" for one in this process
	speed           float64
	lease, patience time.Duration

	name   string
	client *redis.Client
	queues map[string]*queue.Queue // by API
	mock   *mockserver.Server
}

// runFleet makes a fleet and reports to out. Its error says what is not as it
// should be.
func runFleet(ctx context.Context, arguments []string, out *os.File) error {
	f, err := parse(arguments)
	if err != nil {
		return err
	}
	if f.redis == "" {
		inside, err := miniredis.Run()
		if err != nil {
			return err
		}
		defer inside.Close()
		f.redis = inside.Addr()
	}
	f.client = newRedis(f.redis)
	defer f.client.Close()
	f.mock, err = mockserver.Listen(mockserver.Config{RateLimits: true, Now: clock(f.speed), JournalEntries: 100 * f.agents})
	if err != nil {
		return err
	}
	defer f.mock.Close()
	if err := f.fill(ctx); err != nil {
		return err
	}
	shown := newScreen(out)
	if note := f.durability(ctx); note != "" {
		shown.line(note)
	}
	failed := f.work(ctx, shown)
	rows, err := f.rows()
	if err != nil {
		return errors.Join(failed, err)
	}
	printTable(out, rows)
	if err := errors.Join(failed, ctx.Err(), verdict(rows)); err != nil {
		return err
	}
	return f.forget()
}

// parse reads the command line.
func parse(arguments []string) (*fleet, error) {
	f := &fleet{name: strings.ToLower(rand.Text()[:8]), queues: map[string]*queue.Queue{}}
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&f.redis, "redis", "", "`host:port` of a Redis; REDIS_USERNAME and REDIS_PASSWORD are for it (default: one in this process)")
	flags.IntVar(&f.agents, "agents", 500, "how many agents to make")
	flags.IntVar(&f.workers, "workers", 4, "how many processes make them")
	flags.Float64Var(&f.speed, "speed", 15, "how many times faster than the real clock the mock's runs, and with it the limits")
	flags.DurationVar(&f.lease, "lease", 4*time.Second, "after which time the work of a dead process is taken over")
	flags.DurationVar(&f.patience, "patience", 30*time.Second, "how long a process goes on while nothing works")
	err := flags.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(os.Stdout)
		flags.Usage()
		return nil, err
	case err != nil:
		return nil, err
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unknown argument %q: only flags are allowed", flags.Arg(0))
	case f.agents < 1 || f.agents > 10_000:
		return nil, fmt.Errorf("-agents is %d: 1 to 10000 are allowed", f.agents)
	case f.workers < 1 || f.workers > 64:
		return nil, fmt.Errorf("-workers is %d: 1 to 64 are allowed", f.workers)
	case f.speed < 1 || f.speed > 30: // the slack must stay longer than a busy machine takes
		return nil, fmt.Errorf("-speed is %v: 1 to 30 are allowed", f.speed)
	case f.lease < 100*time.Millisecond:
		return nil, fmt.Errorf("-lease is %v: at least 100ms is needed", f.lease)
	case f.patience < 0:
		return nil, fmt.Errorf("-patience is %v, and must not be negative", f.patience)
	}
	return f, nil
}

// clock is a clock that runs faster than the real one.
func clock(speed float64) func() time.Time {
	start := time.Now()
	return func() time.Time { return start.Add(time.Duration(float64(time.Since(start)) * speed)) }
}

// fill makes the list of jobs of each API.
func (f *fleet) fill(ctx context.Context) error {
	// A longer command gets a less clear error from a Redis that wants a password.
	if err := f.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis at %s: %w", f.redis, err)
	}
	shares := shares(f.agents)
	for _, a := range apis {
		if shares[a.name] == 0 {
			continue
		}
		jobs := newQueue(f.client, f.name, a.name, f.lease)
		if err := jobs.Fill(ctx, a.jobs(f.name, shares[a.name])); err != nil {
			return fmt.Errorf("redis at %s: %w", f.redis, err)
		}
		f.queues[a.name] = jobs
	}
	return nil
}

// durability says what a crash of Redis, or its lack of memory, could cost, ""
// for nothing.
func (f *fleet) durability(ctx context.Context) string {
	settings, err := f.client.ConfigGet(ctx, "append*").Result()
	if err != nil { // not every Redis tells; miniredis ends with this program
		return ""
	}
	memory, _ := f.client.ConfigGet(ctx, "maxmemory*").Result()
	var notes []string
	switch {
	case settings["appendonly"] != "yes":
		notes = append(notes, "note: this Redis forgets everything when it ends (appendonly no): a fleet could not go on, and limits would begin anew")
	case settings["appendfsync"] != "always":
		notes = append(notes, "note: this Redis may forget the last second if its machine crashes (appendfsync "+settings["appendfsync"]+"), and with it that an agent was made")
	}
	if policy := memory["maxmemory-policy"]; policy != "" && policy != "noeviction" && memory["maxmemory"] != "0" {
		notes = append(notes, "note: this Redis forgets something when its memory is full (maxmemory-policy "+policy+"): the work would stop, and limits would begin anew")
	}
	return strings.Join(notes, "\n")
}

// forget deletes the lists: the agents that they are about end with the mock.
func (f *fleet) forget() error {
	var errs []error
	for _, jobs := range f.queues {
		errs = append(errs, jobs.Remove(context.Background()))
	}
	return errors.Join(errs...)
}
