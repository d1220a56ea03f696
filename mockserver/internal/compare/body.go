package compare

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// MaxBody is how much of a real response is kept in memory. A longer one is
// passed on, and not compared.
const MaxBody = 16 << 20

// ReadBody reads a body up to MaxBody. more: there is, and what was read must
// be passed on before it.
func ReadBody(body io.Reader) (data []byte, more bool, err error) {
	data, err = io.ReadAll(io.LimitReader(body, MaxBody+1))
	return data, len(data) > MaxBody, err
}

// The reasons for which a response is not compared: few and fixed, so that they
// can be counted.
const (
	TooLong       = "the real response is longer than 16 MiB"
	Unreadable    = "the real response has a Content-Encoding other than gzip, or is broken"
	Refused       = "the real API did not do what was asked (408, 425, 429 or 5xx), so the mock was not asked"
	Redirected    = "the real API did nothing and redirected (307 or 308), so the mock was not asked"
	CutOff        = "the real response was cut off"
	NoResponse    = "the real API did not respond"
	NoRecord      = "the mock has no such record"
	Taken         = "the real account has a record that is in the way of this one (409), and the mock does not know it"
	NotEmulated   = "the mock does not emulate the operation"
	MockSilent    = "the mock had no response in time, or panicked"
	Credential    = "the real API refused the credential (401 or 403), and the mock does not know which ones are good"
	Loop          = "the real API is this mock itself"
	EncodedStream = "the real stream has a Content-Encoding"
)

// IsRefused reports whether a status says that a request was not served, or
// leaves open whether it was.
func IsRefused(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}

// IsRedirect reports whether a status sends the client somewhere else with the
// same request, which has done nothing yet.
func IsRedirect(status int) bool {
	return status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
}

// IsStream reports whether a response comes piece by piece: a stream of events
// or one of JSON documents.
func IsStream(header http.Header) bool {
	switch mediaType(header.Get("Content-Type")) {
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/stream+json", "application/json-seq":
		return true
	}
	return HasEvents(header)
}

// HasEvents reports whether a response is a stream of events.
func HasEvents(header http.Header) bool {
	return mediaType(header.Get("Content-Type")) == "text/event-stream"
}

func mediaType(value string) string {
	media, _, err := mime.ParseMediaType(value)
	if err != nil {
		media, _, _ = strings.Cut(value, ";")
	}
	return strings.ToLower(strings.TrimSpace(media))
}

// errEncoding says that a body is encoded in a way that is not read here.
var errEncoding = errors.New("unknown Content-Encoding")

// Decoded returns a body without its gzip encoding, up to MaxBody.
func Decoded(header http.Header, body []byte) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(strings.Join(header["Content-Encoding"], ","))) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
	default:
		return nil, errEncoding
	}
	if len(body) == 0 {
		return nil, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	plain, more, err := ReadBody(reader)
	if more {
		return nil, errors.New(TooLong)
	}
	return plain, err
}

// decode reads a JSON document. ok is false if it is none.
func decode(text []byte) (value any, ok bool) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return value, err == io.EOF
}

// describe says what a body is that is not JSON.
func describe(body []byte, isJSON bool) string {
	switch {
	case isJSON:
		return "JSON"
	case len(bytes.TrimSpace(body)) == 0:
		return "nothing"
	}
	return "no JSON"
}
