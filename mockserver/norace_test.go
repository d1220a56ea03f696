//go:build !race

package mockserver

// raceEnabled reports whether the race detector is on, which takes memory of
// its own.
func raceEnabled() bool { return false }
