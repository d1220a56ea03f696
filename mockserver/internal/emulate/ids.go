package emulate

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"
)

// HexID returns n lower-case hexadecimal digits.
func HexID(w World, kind string, n int) string {
	return hex.EncodeToString(w.Entropy(kind, (n+1)/2))[:n]
}

// UUID returns a version 4 UUID.
func UUID(w World, kind string) string {
	var id uuid.UUID
	copy(id[:], w.Entropy(kind, 16))
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// TimeOrderedHex returns 32 hexadecimal digits in the layout of a version 7
// UUID: an id that was made later sorts after one that was made earlier, also
// within a millisecond and after the clock was moved back.
func TimeOrderedHex(w World, kind string) string {
	id := timed(w)
	copy(id[6:], w.Entropy(kind, 16)[6:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	id = w.Later(kind, id)
	return hex.EncodeToString(id[:])
}

// ULID returns a ULID of the present moment. It sorts after those of its kind
// that were made earlier, also within a millisecond and after the clock was
// moved back.
func ULID(w World, kind string) string {
	id := timed(w)
	copy(id[6:], w.Entropy(kind, 10))
	return ulid.ULID(w.Later(kind, id)).String()
}

// timed begins with the time in milliseconds, in 48 bits.
func timed(w World) (id [16]byte) {
	var now [8]byte
	binary.BigEndian.PutUint64(now[:], uint64(max(w.Now().UnixMilli(), 0)))
	copy(id[:6], now[2:])
	return id
}
