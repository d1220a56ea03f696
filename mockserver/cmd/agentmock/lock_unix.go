//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes a lock on a file, by whatever name others know it. The
// operating system drops the lock when the process ends, however it ends.
func lockFile(name string) (*os.File, error) {
	for {
		file, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		if err = flock(file); err == nil {
			var locked, named os.FileInfo
			if locked, err = file.Stat(); err == nil {
				named, err = os.Stat(name)
			}
			if err == nil && os.SameFile(locked, named) {
				return file, nil
			}
		}
		file.Close() //nolint:errcheck // nothing was written
		if err != nil {
			return nil, err
		}
		// Its owner has just put another file in its place.
	}
}

func flock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	if err != nil {
		return &os.PathError{Op: "lock", Path: file.Name(), Err: err}
	}
	return nil
}

// lockReplacement takes a lock on a file that is to take the place of a locked
// one.
func lockReplacement(name string) (*os.File, error) { return lockFile(name) }
