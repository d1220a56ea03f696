//go:build !race

package orq_test

// manyStreams is how many streams there are at once.
const manyStreams = 600
