package mockserver

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"

	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"
)

// entropy returns n bytes for an id: random ones, or, when the server is
// deterministic, bytes that depend only on the kind of the id and on how many
// of this kind the namespace has made before.
func (x *exchange) entropy(kind string, n int) []byte {
	data := make([]byte, n)
	if !x.namespace.server.config.Deterministic {
		rand.Read(data) //nolint:errcheck // crypto/rand.Read never fails
		return data
	}
	if x.namespace.sequence == nil {
		x.namespace.sequence = make(map[string]uint64)
	}
	x.namespace.sequence[kind]++
	hash := fnv.New64a()
	hash.Write([]byte(kind))
	var block [16]byte
	binary.BigEndian.PutUint64(block[8:], x.namespace.sequence[kind])
	binary.BigEndian.PutUint64(block[:8], hash.Sum64())
	for i := range data { // the counter goes last, where it is easy to see
		data[n-1-i] = block[15-i%16]
	}
	return data
}

// hexID returns n lower-case hexadecimal digits. Call it with the namespace
// locked, like all of these.
func (x *exchange) hexID(kind string, n int) string {
	return hex.EncodeToString(x.entropy(kind, (n+1)/2))[:n]
}

// uuid returns a version 4 UUID.
func (x *exchange) uuid(kind string) string {
	var id uuid.UUID
	copy(id[:], x.entropy(kind, 16))
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// timeOrderedHex returns 32 hexadecimal digits in the layout of a version 7
// UUID: an id that was made later sorts after one that was made earlier.
func (x *exchange) timeOrderedHex(kind string) string {
	var id uuid.UUID
	copy(id[:], x.entropy(kind, 16))
	var now [8]byte
	binary.BigEndian.PutUint64(now[:], uint64(x.now().UnixMilli()))
	copy(id[:6], now[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return hex.EncodeToString(id[:])
}

// ulid returns a ULID of the present moment.
func (x *exchange) ulid(kind string) string {
	var id ulid.ULID
	copy(id[6:], x.entropy(kind, 10))
	if err := id.SetTime(ulid.Timestamp(x.now())); err != nil {
		panic(err) // a clock beyond the year 10889
	}
	return id.String()
}
