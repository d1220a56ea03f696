package httpheader

import (
	"net/http"
	"time"
)

// apart is how far two clocks may be apart before that counts. A date is cut to
// whole seconds, and a response takes its time.
const apart = 5 * time.Second

// Now returns the time by the clock of the server that sent a response: what
// the moments in it are to be compared with, since nobody says that the clocks
// of both sides agree. Without a date it is the time of this machine.
func Now(header http.Header) time.Time {
	now := time.Now()
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil || date.Sub(now).Abs() <= apart {
		return now
	}
	return date
}
