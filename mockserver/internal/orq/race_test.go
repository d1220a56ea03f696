//go:build race

package orq_test

// manyStreams is fewer where the race detector slows every step.
const manyStreams = 90
