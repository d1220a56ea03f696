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
// UUID: an id that was made later sorts after one that was made earlier.
func TimeOrderedHex(w World, kind string) string {
	var id uuid.UUID
	copy(id[:], w.Entropy(kind, 16))
	var now [8]byte
	binary.BigEndian.PutUint64(now[:], uint64(w.Now().UnixMilli()))
	copy(id[:6], now[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return hex.EncodeToString(id[:])
}

// ULID returns a ULID of the present moment.
func ULID(w World, kind string) string {
	var id ulid.ULID
	copy(id[6:], w.Entropy(kind, 10))
	if err := id.SetTime(ulid.Timestamp(w.Now())); err != nil {
		panic(err) // a clock beyond the year 10889
	}
	return id.String()
}
