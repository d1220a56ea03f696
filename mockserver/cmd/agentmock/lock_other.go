//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package main

import (
	"errors"
	"os"
)

// lockFile refuses: without a lock two servers could overwrite each other's
// state.
func lockFile(string) (*os.File, error) {
	return nil, errors.New("state files are not supported on this system: it has no file locks")
}

func lockReplacement(string) (*os.File, error) { return nil, nil }
