//go:build !race

package agentloop_test

// raceEnabled says that the race detector is on, which takes ten times as long.
const raceEnabled = false
