//go:build unix

package main

import (
	"os"
	"syscall"
)

// isReplaceable reports whether another file can take the place of one without
// anybody losing it: those who know it by another name, or its owner.
func isReplaceable(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Nlink == 1 && int(stat.Uid) == os.Geteuid()
}
