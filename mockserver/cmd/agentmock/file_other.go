//go:build !unix

package main

import "os"

// isReplaceable reports whether another file can take the place of one.
func isReplaceable(os.FileInfo) bool { return true }
