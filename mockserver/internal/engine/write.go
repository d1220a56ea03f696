package engine

import (
	"net/http"
	"time"
)

// The bounds of writing to a client that does not read.
const (
	// maxUnread is for how long nothing that was written may be read.
	maxUnread = 30 * time.Second
	// writePiece is how much is written at a time. What is not longer fits
	// into the buffers of the network, and waits for nobody.
	writePiece = 64 << 10
)

// LimitWrite gives a client time to read what is written next, or, if there
// is nothing, any time. A server that has a write timeout of its own keeps it.
func LimitWrite(w http.ResponseWriter, r *http.Request, comes bool) {
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); !ok || server.WriteTimeout > 0 {
		return
	}
	var until time.Time
	if comes {
		until = time.Now().Add(maxUnread)
	}
	http.NewResponseController(w).SetWriteDeadline(until) //nolint:errcheck // a writer without deadlines has none
}

// Write writes a body, and gives up when the client does not read for 30
// seconds: what is written is kept in memory until then.
func Write(w http.ResponseWriter, r *http.Request, body []byte) (written int, err error) {
	if len(body) > writePiece {
		defer LimitWrite(w, r, false)
	}
	for err == nil && written < len(body) {
		if len(body) > writePiece {
			LimitWrite(w, r, true)
		}
		var n int
		n, err = w.Write(body[written:min(len(body), written+writePiece)])
		written += n
	}
	return written, err
}
