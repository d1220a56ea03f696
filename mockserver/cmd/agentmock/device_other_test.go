//go:build !linux

package main

import "testing"

// device makes no device here.
func device(*testing.T) string { return "" }
