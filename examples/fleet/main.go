// Fleet creates 500 agents with four processes, each agent once, under the
// limits of five APIs that count the requests of all four together.
//
// The processes share a limiter (package ratelimit) and a list of jobs with
// leases (package queue), both on Redis. Any of them may be killed at any time:
// the others finish its work. Where an agent has a key, a repeated create makes
// no second one. Where it has none (omniflow, xpander), the next worker looks
// for the agent by its name, and reports a doubt if it finds none; it never
// makes another one.
//
// Without flags everything runs on this machine: a Redis in this process, and a
// mock of the APIs with their documented limits, whose clock runs faster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9/logging"
)

func main() {
	logging.Disable() // what it would report comes back as an error, too
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) == 3 && os.Args[1] == workerCommand {
		err = runWorker(ctx, os.Args[2])
	} else {
		err = runFleet(ctx, os.Args[1:], os.Stdout)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}
