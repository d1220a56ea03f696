package agentclients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Timestamp is a time as an API wrote it. It keeps the text, so that nothing
// is lost and every form can be read; Time interprets it. Timestamps of one
// API that are written in the same form also sort in the order of time.
type Timestamp string

// layouts are the forms that servers write, the most common one first. Those
// with seconds accept a fraction of a second.
var layouts = func() []string {
	all := []string{time.RFC3339}
	for _, clock := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		for _, zone := range []string{"", "Z07:00", "Z0700", "Z07", " Z07:00", " Z0700", " UTC"} {
			all = append(all, clock+zone)
		}
	}
	return append(all, time.DateOnly, time.RFC1123, time.RFC1123Z)
}()

// Time returns the moment that the text names, in UTC if it names no zone. It
// reads RFC 3339, also without a zone or seconds, with a space for the T, and
// with a zone as "+0000" or "+00"; dates; times as in HTTP headers; and seconds
// since 1970 (milliseconds from 10^11 on). It fails if the text is empty or of
// another form.
func (t Timestamp) Time() (time.Time, error) {
	for _, layout := range layouts {
		if parsed, err := time.Parse(layout, string(t)); err == nil {
			return parsed, nil
		}
	}
	if seconds, err := strconv.ParseFloat(string(t), 64); err == nil && math.Abs(seconds) < 1e15 {
		if math.Abs(seconds) >= 1e11 {
			seconds /= 1000
		}
		whole, fraction := math.Modf(seconds)
		return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("agentclients: %q is not a time", string(t))
}

// UnmarshalJSON reads a string as it is, and keeps the digits of a number.
// null leaves t unchanged; any other value is kept as its JSON text.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	if len(data) > 1 && data[0] == '"' && bytes.IndexByte(data, '\\') < 0 && utf8.Valid(data) {
		*t = Timestamp(data[1 : len(data)-1])
		return nil
	}
	if string(data) == "null" {
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		text = string(data)
	}
	*t = Timestamp(text)
	return nil
}
