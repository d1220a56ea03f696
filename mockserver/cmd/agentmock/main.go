// Command agentmock serves the emulated APIs on a local port, for tests in
// any language.
//
//	agentmock
//
// When it is really serving it prints one JSON line on standard output, with
// the base URL of every API; logs go to standard error, and for people a list
// of the URLs if that is a terminal. Every flag can also be given as an
// environment variable: -api-keys as AGENTMOCK_API_KEYS. -h lists them.
//
// SIGTERM and SIGINT end it at once, whatever its clients are waiting for.
// Nothing else does: not a pipe that somebody closed, and not a log that
// nobody reads. Lines of the log that would have to wait for long are lost
// instead, and the log says how many.
//
// SIGHUP makes it read the files of -seed and -rules again. Resets go back to
// the new seed from then on, while what exists stays until its reset; rules
// that came from the file are replaced at once, others stay. If one of the
// files is broken, the log says so and nothing changes. Without such files
// SIGHUP ends the program at once; with -state in an orderly way.
//
// The file of -state has everything but secrets: where a record has one by
// name, such as "api_key" in a free-form member, the file has "[redacted]",
// and so has the record when the file is loaded. It is replaced as a whole, so
// that it is never half-written; where that cannot be done (a file that is
// mounted by itself, that has several names or another owner, or a directory
// that cannot be written) it is written in place. A link stays a link. One
// server at a time can have a file, by whatever name.
//
// The exit code is 0 after an orderly end, 1 if it could not serve, and 2 if
// a flag or a file that a flag names is wrong.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ignoreTerminal()
	interrupted, stop := signal.NotifyContext(context.Background(), endings...)
	defer stop()
	os.Exit(run(interrupted, process{
		args:     os.Args[1:],
		getenv:   os.Getenv,
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		terminal: isTerminal(os.Stderr),
	}))
}

// isTerminal reports whether somebody may be looking at a file.
func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
