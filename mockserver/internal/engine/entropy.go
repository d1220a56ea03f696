package engine

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"hash/fnv"
	"maps"
)

// ids is what the next ids of a world are made from.
type ids struct {
	made map[string]uint64   // how many of a kind; only of deterministic ones
	last map[string][16]byte // the greatest of those that are in order
}

func (i ids) clone() ids { return ids{maps.Clone(i.made), maps.Clone(i.last)} }

// later returns an id that is greater than all before it.
func (i *ids) later(kind string, id [16]byte) [16]byte {
	if last := i.last[kind]; bytes.Compare(id[:], last[:]) <= 0 {
		id = last
		for at := len(id) - 1; at >= 0; at-- {
			if id[at]++; id[at] != 0 {
				break
			}
		}
	}
	if i.last == nil {
		i.last = make(map[string][16]byte)
	}
	i.last[kind] = id
	return id
}

// entropy returns n bytes for an id: random ones, or, when the engine is
// deterministic, bytes that depend only on the kind of the id and on how many
// of this kind the world has made before for the API.
func (w *World) entropy(api, kind string, n int) []byte {
	data := make([]byte, n)
	if !w.engine.config.Deterministic {
		rand.Read(data) //nolint:errcheck // crypto/rand.Read never fails
		return data
	}
	kind = api + "." + kind
	if w.ids.made == nil {
		w.ids.made = make(map[string]uint64)
	}
	w.ids.made[kind]++
	hash := fnv.New64a()
	hash.Write([]byte(kind))
	var block [16]byte
	binary.BigEndian.PutUint64(block[8:], w.ids.made[kind])
	binary.BigEndian.PutUint64(block[:8], hash.Sum64())
	for i := range data { // the counter goes last, where it is easy to see
		data[n-1-i] = block[15-i%16]
	}
	return data
}
