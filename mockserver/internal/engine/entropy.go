package engine

import (
	"crypto/rand"
	"encoding/binary"
	"hash/fnv"
)

// entropy returns n bytes for an id: random ones, or, when the engine is
// deterministic, bytes that depend only on the kind of the id and on how many
// of this kind the world has made before.
func (w *World) entropy(kind string, n int) []byte {
	data := make([]byte, n)
	if !w.engine.config.Deterministic {
		rand.Read(data) //nolint:errcheck // crypto/rand.Read never fails
		return data
	}
	if w.sequence == nil {
		w.sequence = make(map[string]uint64)
	}
	w.sequence[kind]++
	hash := fnv.New64a()
	hash.Write([]byte(kind))
	var block [16]byte
	binary.BigEndian.PutUint64(block[8:], w.sequence[kind])
	binary.BigEndian.PutUint64(block[:8], hash.Sum64())
	for i := range data { // the counter goes last, where it is easy to see
		data[n-1-i] = block[15-i%16]
	}
	return data
}
