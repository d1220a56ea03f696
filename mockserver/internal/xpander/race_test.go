//go:build race

package xpander_test

// manyStreams is fewer where the race detector slows every step.
const manyStreams = 100
