//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// endings are the signals that end the program in an orderly way.
var endings = []os.Signal{os.Interrupt, syscall.SIGTERM}

// hangUp is the signal to read files again.
var hangUp os.Signal = syscall.SIGHUP

// ignoreTerminal lets the program live on when somebody closes its standard
// output or standard error, or when it writes on a terminal in the background.
func ignoreTerminal() { signal.Ignore(syscall.SIGPIPE, syscall.SIGTTOU) }
