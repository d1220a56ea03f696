//go:build !unix

package main

import (
	"os"
	"syscall"
)

// endings are the signals that end the program in an orderly way.
var endings = []os.Signal{os.Interrupt, syscall.SIGTERM}

// hangUp is the signal to read files again; here is none.
var hangUp os.Signal

// ignoreTerminal does nothing: here no signal tells of a closed pipe.
func ignoreTerminal() {}
