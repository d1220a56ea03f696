package mockserver

import (
	"crypto/sha256"
	"encoding/hex"
)

// fingerprint returns 24 hexadecimal digits that stand for a credential where
// the credential itself must not be seen: in answers and in snapshots. The
// same credential always gives the same digits.
func fingerprint(credential string) string {
	sum := sha256.Sum256([]byte(credential))
	return hex.EncodeToString(sum[:12])
}
