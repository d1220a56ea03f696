//go:build !linux

package main

// servingHere finds nothing: containers are Linux.
func servingHere() *settings { return nil }
