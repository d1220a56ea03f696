//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9/logging"
)

// TestMain runs this program as a worker where a test, or a fleet in a test,
// starts it as one.
func TestMain(m *testing.M) {
	logging.Disable()
	if len(os.Args) == 3 && os.Args[1] == workerCommand {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := runWorkerThatStops(ctx, os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "fleet:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
