package main

import (
	"path/filepath"
	"syscall"
	"testing"
)

// device makes a device like /dev/null, which a test must not put at risk.
// Where only root may, it returns "".
func device(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "null")
	if err := syscall.Mknod(name, syscall.S_IFCHR|0o600, 1<<8|3); err != nil {
		t.Logf("no device can be made: %v", err)
		return ""
	}
	return name
}
