package main

import (
	"errors"
	"os"
	"syscall"
)

// errorSharingViolation is the error of opening a file that somebody else
// holds open without sharing it.
const errorSharingViolation syscall.Errno = 32

// lockFile opens a file beside the one to be locked so that nobody else can: a
// file that is open itself could not be replaced. The system drops the lock
// when the process ends, however it ends.
func lockFile(name string) (*os.File, error) {
	name += ".lock"
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	handle, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errorSharingViolation) {
		return nil, errLocked
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(handle), name), nil
}

// lockReplacement does nothing: the lock is on the name.
func lockReplacement(string) (*os.File, error) { return nil, nil }
