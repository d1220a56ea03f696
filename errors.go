package agentclients

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The kinds of errors. Match them with errors.Is; one error can be of several
// kinds.
var (
	// ErrInvalidRequest: the request or the configuration is wrong, and this
	// was found before anything was sent. [Error.Fields] names each problem.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrBadRequest: the server found the request wrong (400 or 422).
	ErrBadRequest = errors.New("bad request")
	// ErrUnauthorized: the credential is missing or wrong (401).
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the credential does not allow this (403).
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound: there is no such thing, or it is not visible (404).
	ErrNotFound = errors.New("not found")
	// ErrConflict: something like it exists already (409).
	ErrConflict = errors.New("conflict")
	// ErrRateLimited: too many requests (429). [Error.RetryAfter] says how
	// long to wait, if the server said so.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer: the server failed (5xx).
	ErrServer = errors.New("server error")
	// ErrOutcomeUnknown: the request may have taken effect, and the client
	// cannot find out. Look before you send it again.
	ErrOutcomeUnknown = errors.New("outcome unknown: the request may have taken effect")
	// ErrDecode: a response came and could not be read. [Error.Body] has it.
	ErrDecode = errors.New("unreadable response")
	// ErrResponseTooLarge: the response is longer than
	// [Options.MaxResponseBytes], or an event of a stream is longer than
	// [StreamPolicy.MaxEventBytes]. [Error.Body] has its beginning.
	ErrResponseTooLarge = errors.New("response too large")
	// ErrStreamEnded: a stream broke before its last event. What it streams
	// did start, and [Error.ResourceID] says which run to look up, unless the
	// error matches ErrOutcomeUnknown, too: then no event had come. Methods
	// that follow a run to its end (RunAgent, StreamRun) go on without the
	// stream instead.
	ErrStreamEnded = errors.New("stream ended before its last event")
	// ErrRunFailed: the run came to its end, and not to a good one: it failed,
	// was stopped or cancelled, or reached a limit.
	ErrRunFailed = errors.New("run failed")
	// ErrInputRequired: the run waits for the caller: for the result of a
	// tool, for an approval, or for a person. It has not ended; the method says
	// what it waits for.
	ErrInputRequired = errors.New("input required")
)

// Error is how every call fails, and every NewClient: on bad input, on the
// way, by the server's word or on a response that cannot be read. It holds no
// request, so no key can be in it, and every fmt verb prints its one-line
// text only.
type Error struct {
	// Provider is the package that made the error, such as "orq".
	Provider string
	// Op is what was tried, such as "create agent".
	Op string
	// Method and URL are the request that failed, the URL without query and
	// user. Both are "" if the call was refused before anything was sent.
	Method, URL string
	// StatusCode is the HTTP status, 0 if no response came. It is 2xx if the
	// response could not be read, or if its body says that the request was
	// refused.
	StatusCode int
	// Code is the server's own word for the error, "" if it has none.
	Code string
	// Message is the server's explanation, "" if there is none.
	Message string
	// Fields lists the problems of single fields, by wire name.
	Fields []FieldError
	// RequestID is what the server calls the request, "" if it does not say.
	RequestID string
	// RetryAfter is how long the server asks to wait, 0 if it does not say.
	RetryAfter time.Duration
	// Attempts is how often the request was sent.
	Attempts int
	// OutcomeUnknown reports that the request may have taken effect. The
	// error then matches ErrOutcomeUnknown.
	OutcomeUnknown bool
	// ResourceID is the id or the key of what exists or may exist, "" as long
	// as the client does not know it.
	ResourceID string
	// Header is the header of the last response without its cookies.
	Header http.Header `json:"-"`
	// Body is the last response as it came, at most its first MiB. It is
	// never printed.
	Body []byte `json:"-"`
	// Err is the cause, if there is one besides the server's response: an
	// error of the network, of the context, of decoding, or
	// ErrInvalidRequest.
	Err error
}

// FieldError is the problem of one field.
type FieldError struct {
	// Path is the field by its wire name, with dots and indexes for nested
	// ones: "settings.evaluators[0].id".
	Path string
	// Message says what is wrong and what is allowed.
	Message string
}

// String returns the path and the message in one line.
func (f FieldError) String() string {
	if f.Path == "" {
		return oneLine(f.Message)
	}
	return oneLine(f.Path + " " + f.Message)
}

// maxText bounds how much of a server's text an error prints, in bytes.
const maxText = 512

// Error returns the error in one line, which says each thing once:
// "orq: create agent: 409 Conflict: key already exists (POST https://api.orq.ai/v2/agents/, request id req_1, 3 attempts)".
func (e *Error) Error() string {
	var text sentence
	text.add(e.Provider)
	text.add(e.Op)
	status := http.StatusText(e.StatusCode)
	if e.StatusCode != 0 {
		text.add(strings.TrimSpace(fmt.Sprintf("%d %s", e.StatusCode, status)))
	}
	if e.Err != nil {
		text.add(e.Err.Error())
	}
	text.add(withoutPrefix(e.Message, status))
	fields := make([]string, 0, len(e.Fields))
	for _, f := range e.Fields {
		if field := f.String(); !text.says(field) {
			fields = append(fields, field)
		}
	}
	text.add(strings.Join(fields, "; "))
	if e.OutcomeUnknown {
		text.add(ErrOutcomeUnknown.Error())
	}

	var notes []string
	if e.URL != "" {
		notes = append(notes, oneLine(strings.TrimSpace(e.Method+" "+e.URL)))
	}
	if e.ResourceID != "" && !strings.HasSuffix(e.URL, "/"+e.ResourceID) {
		notes = append(notes, "id "+oneLine(e.ResourceID))
	}
	if e.RequestID != "" {
		notes = append(notes, "request id "+oneLine(e.RequestID))
	}
	if e.RetryAfter > 0 {
		notes = append(notes, "retry after "+e.RetryAfter.Round(time.Millisecond).String())
	}
	if e.Attempts > 1 {
		notes = append(notes, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if len(notes) == 0 {
		return text.String()
	}
	return text.String() + " (" + strings.Join(notes, ", ") + ")"
}

// sentence is a text of several parts.
type sentence []string

// add adds a part that is not said already.
func (s *sentence) add(part string) {
	if part = oneLine(part); part != "" && !s.says(part) {
		*s = append(*s, part)
	}
}

// says reports whether a part stands in the text, as one of its parts or as
// whole words of one.
func (s sentence) says(part string) bool {
	for _, said := range s {
		if containsWords(strings.ToLower(said), strings.ToLower(part)) {
			return true
		}
	}
	return false
}

// containsWords reports whether words stand in text, and not within a word.
func containsWords(text, words string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], words)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:from+i])
		after, _ := utf8.DecodeRuneInString(text[from+i+len(words):])
		if !isWord(before) && !isWord(after) {
			return true
		}
		from += i + 1
	}
}

func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// withoutPrefix cuts the name of a status, which the text has already, off a
// message that begins with it: "Not Found: agent a".
func withoutPrefix(message, status string) string {
	if status == "" || len(message) < len(status) || !strings.EqualFold(message[:len(status)], status) {
		return message
	}
	rest, ok := strings.CutPrefix(message[len(status):], ":")
	if !ok {
		return message
	}
	return strings.TrimSpace(rest)
}

func (s sentence) String() string { return strings.Join(s, ": ") }

// oneLine shortens a text and escapes what is not printable in it.
func oneLine(text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the error is of the kind of target, one of the Err
// variables of this package.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrBadRequest:
		return e.StatusCode == http.StatusBadRequest || e.StatusCode == http.StatusUnprocessableEntity
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized
	case ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case ErrConflict:
		return e.StatusCode == http.StatusConflict
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrServer:
		return e.StatusCode >= 500
	case ErrOutcomeUnknown:
		return e.OutcomeUnknown
	}
	return false
}

// Format prints the text of Error for every verb, so that no verb can show
// the header or the body.
func (e Error) Format(state fmt.State, verb rune) {
	text := e.Error()
	if verb == 'q' {
		text = fmt.Sprintf("%q", text)
	}
	io.WriteString(state, text) //nolint:errcheck // fmt.State has nowhere to report it
}

// LogValue describes the error to log/slog, without header and body.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("provider", e.Provider),
		slog.String("op", e.Op),
		slog.String("method", e.Method),
		slog.String("url", e.URL),
		slog.Int("status", e.StatusCode),
		slog.String("code", oneLine(e.Code)),
		slog.String("resource_id", oneLine(e.ResourceID)),
		slog.String("request_id", oneLine(e.RequestID)),
		slog.Duration("retry_after", e.RetryAfter),
		slog.Int("attempts", e.Attempts),
		slog.Bool("outcome_unknown", e.OutcomeUnknown),
		slog.String("error", e.Error()),
	)
}
