//go:build !race

package xpander_test

// manyStreams is how many streams there are at once.
const manyStreams = 1000
