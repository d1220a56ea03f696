// Command agentmock serves the emulated APIs on a local port, for tests in
// any language.
//
//	agentmock
//
// When it is really serving it prints one JSON line on standard output, with
// the base URL of every API; logs go to standard error. SIGTERM and SIGINT
// end it at once, whatever its clients are waiting for. Every flag can also
// be given as an environment variable: -api-keys as AGENTMOCK_API_KEYS.
//
// SIGHUP makes it read the files of -seed and -rules again. Resets go back to
// the new seed from then on, while what exists stays until its reset; rules
// that came from the file are replaced at once, others stay. If one of the
// files is broken, the log says so and nothing changes. Without such files
// SIGHUP ends the program at once.
//
// The file of -state has everything but secrets: where a record has one by
// name, such as "api_key" in a free-form member, the file has "[redacted]",
// and so has the record when the file is loaded.
//
// The exit code is 0 after an orderly end, 1 if it could not serve, and 2 if
// a flag or a file that a flag names is wrong.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(interrupted, process{
		args:   os.Args[1:],
		getenv: os.Getenv,
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
	}))
}
