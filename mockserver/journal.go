package mockserver

import (
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Outcome is how a request ended.
type Outcome string

// The outcomes of a request.
const (
	// Open: it has not ended yet.
	Open Outcome = "open"
	// Complete: the whole answer was sent.
	Complete Outcome = "complete"
	// Dropped: the connection was closed without an answer, by a fault.
	Dropped Outcome = "dropped"
	// WasReset: the connection was reset without an answer, by a fault.
	WasReset Outcome = "reset"
	// Truncated: only the first part of the answer was sent, by a fault.
	Truncated Outcome = "truncated"
	// ClientGone: the client closed the connection before it had the answer.
	ClientGone Outcome = "client-gone"
	// Cancelled: a wait ended because of a reset or because the server closed.
	Cancelled Outcome = "cancelled"
)

// Outcomes returns every outcome.
func Outcomes() []Outcome {
	return []Outcome{Open, Complete, Dropped, WasReset, Truncated, ClientGone, Cancelled}
}

// keptBody is how much of a body the journal keeps.
const keptBody = 64 << 10

// entry is one request in the journal. It is guarded by the lock of its
// namespace.
type entry struct {
	id                 uint64
	received, finished time.Time
	emulated           *emulation
	api                API
	op                 Op
	method, path       string
	query, host        string
	header             []string // name, value, name, value; no credentials
	body, answer       []byte   // at most keptBody
	bodySize           int
	answerSize         int
	status             int
	sent               int
	rule               string
	faults             []Fault
	reason             string
	panicked           string
	guesses            []string
	problems           []string
	outcome            Outcome
	retried, committed bool
	gone               bool // no longer in the journal
	size               int  // what it counts in the journal
	content            uint64
}

// journal holds the last requests of a namespace. The zero value is empty.
type journal struct {
	ring    []*entry
	first   int // the oldest one, once the ring is full
	last    uint64
	size    int
	dropped int
	content map[uint64]int // how many entries have this content

	// What a test fails on; kept although entries are dropped.
	unmatched, problems, guesses, panics remarks
}

// remarks are lines for people: how many there were, and the first ones.
type remarks struct {
	count int
	lines []string
}

func (r *remarks) add(line string) {
	const kept, longest = 20, 4 << 10
	if r.count++; len(r.lines) < kept {
		r.lines = append(r.lines, clip(line, longest))
	}
}

// clip shortens a text that is longer than so many bytes.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// overhead is about what an entry costs besides its texts.
const overhead = 512

// add appends an entry and drops the oldest ones beyond the bounds.
func (j *journal) add(e *entry, maxEntries, maxBytes int) {
	j.last++
	e.id = j.last
	if maxEntries < 0 {
		e.gone = true
		return
	}
	e.size = overhead + len(e.path) + len(e.query)
	for _, text := range e.header {
		e.size += len(text)
	}
	j.size += e.size
	for j.len() >= maxEntries {
		j.drop()
	}
	j.push(e)
	j.shrink(maxBytes)
}

// len counts the entries.
func (j *journal) len() int { return len(j.ring) - j.first }

// push appends to the ring, which is a slice whose front is dropped: the free
// front is used again once it is as long as the rest.
func (j *journal) push(e *entry) {
	if j.first > 16 && j.first >= len(j.ring)/2 {
		n := copy(j.ring, j.ring[j.first:])
		clear(j.ring[n:])
		j.ring, j.first = j.ring[:n], 0
	}
	j.ring = append(j.ring, e)
}

// drop forgets the oldest entry.
func (j *journal) drop() {
	e := j.ring[j.first]
	j.ring[j.first] = nil
	j.first++
	j.dropped++
	j.size -= e.size
	e.gone = true
	if n := j.content[e.content]; n > 1 {
		j.content[e.content] = n - 1
	} else {
		delete(j.content, e.content)
	}
}

// clear forgets everything. Requests that are still being served are no
// longer counted either.
func (j *journal) clear() {
	for _, e := range j.ring[j.first:] {
		e.gone = true
	}
	*j = journal{}
}

// shrink drops entries until the rest fits. The newest one always stays.
func (j *journal) shrink(maxBytes int) {
	for j.size > maxBytes && j.len() > 1 {
		j.drop()
	}
}

// grow counts more bytes for an entry.
func (j *journal) grow(e *entry, more, maxBytes int) {
	if !e.gone {
		e.size += more
		j.size += more
		j.shrink(maxBytes)
	}
}

// kept is what the journal keeps of a body.
func kept(body []byte) []byte {
	if len(body) <= keptBody {
		return body
	}
	return slices.Clone(body[:keptBody])
}

var contentSeed = maphash.MakeSeed()

// read notes the body of a request, and whether it came before.
func (j *journal) read(e *entry, body []byte, maxBytes int) {
	e.body, e.bodySize = kept(body), len(body)
	if e.gone {
		return
	}
	var hash maphash.Hash
	hash.SetSeed(contentSeed)
	for _, text := range [...]string{string(e.op), e.method, e.path, e.query} {
		hash.WriteString(text)
		hash.WriteByte(0)
	}
	hash.Write(body)
	e.content = hash.Sum64()
	if j.content == nil {
		j.content = make(map[uint64]int)
	}
	e.retried = j.content[e.content] > 0
	j.content[e.content]++
	j.grow(e, len(e.body), maxBytes)
}

// headerPairs returns headers as a list without credentials.
func headerPairs(header http.Header, credentials []string) []string {
	pairs := make([]string, 0, 2*len(header))
	for name, values := range header {
		for _, value := range values {
			if isCredentialHeader(name, credentials) {
				value = redacted
			}
			pairs = append(pairs, name, value)
		}
	}
	return pairs
}

func (e *entry) headerValues(name string) []string {
	var values []string
	for i := 0; i < len(e.header); i += 2 {
		if e.header[i] == name {
			values = append(values, e.header[i+1])
		}
	}
	return values
}

// line describes an entry for people.
func (e *entry) line() string {
	name := string(e.op)
	if name == "" {
		name = "no operation"
	}
	text := "call " + strconv.FormatUint(e.id, 10) + ": " + name + " " + clip(e.method+" "+e.where(), 300)
	if e.status != 0 {
		text += " -> " + strconv.Itoa(e.status)
	}
	if e.outcome != Complete {
		text += " " + string(e.outcome)
	}
	if e.rule != "" {
		text += " (rule " + e.rule + ")"
	}
	if e.reason != "" {
		text += ": " + e.reason
	}
	return text
}

// where is the path of an entry with its API.
func (e *entry) where() string {
	if e.api == "" {
		return e.path
	}
	return "/" + string(e.api) + e.path
}

// Call is one request in the journal: a copy, without credentials. Secret
// members of bodies and queries, and the credentials in headers, are replaced
// by "[redacted]".
type Call struct {
	// ID counts the requests of the namespace, from 1.
	ID uint64 `json:"id"`
	// Received is when the request's headers had come, by the clock of the
	// namespace.
	Received time.Time `json:"received"`
	// Finished is when the request ended. Zero: it has not.
	Finished time.Time `json:"finished,omitzero"`
	// API is the API that was called. Empty: none of them.
	API API `json:"api,omitempty"`
	// Op is the operation. Empty: the request matched none.
	Op Op `json:"op,omitempty"`
	// Method is the HTTP method.
	Method string `json:"method"`
	// Path is the path below the API's prefix, unescaped.
	Path string `json:"path"`
	// Query is the raw query.
	Query string `json:"query,omitempty"`
	// Host is the Host header.
	Host string `json:"host,omitempty"`
	// Header are the request headers.
	Header http.Header `json:"header,omitempty"`
	// Body is the request body; of a long one the first 64 KiB.
	Body string `json:"body,omitempty"`
	// BodySize is the length of the whole body in bytes.
	BodySize int `json:"body_size,omitempty"`
	// Retried is whether the same request came before: same operation, path,
	// query and body.
	Retried bool `json:"retried,omitempty"`
	// Rule is the id of the rule that hit the request.
	Rule string `json:"rule,omitempty"`
	// Faults are the faults that the request was hit by.
	Faults []Fault `json:"faults,omitempty"`
	// Committed is whether the request changed the state.
	Committed bool `json:"committed"`
	// Status is the status of the answer. 0: there was none.
	Status int `json:"status,omitempty"`
	// Answer is the body of the answer, as complete as it was meant; of a
	// long one the first 64 KiB.
	Answer string `json:"answer,omitempty"`
	// AnswerSize is the length of the whole answer body in bytes.
	AnswerSize int `json:"answer_size,omitempty"`
	// Sent is how many bytes of the answer body were sent.
	Sent int `json:"sent,omitempty"`
	// Outcome is how the request ended.
	Outcome Outcome `json:"outcome"`
	// Reason is why the request was refused, for people.
	Reason string `json:"reason,omitempty"`
	// Guesses name what in the answer no source documents.
	Guesses []string `json:"guesses,omitempty"`
	// Problems are what strictness has against the request, and faults that
	// could not do their work.
	Problems []string `json:"problems,omitempty"`
	// Panic is the stack of a panic while the request was served.
	Panic string `json:"panic,omitempty"`
}

// call copies an entry for the outside. The caller holds the lock.
func (e *entry) call() Call {
	c := Call{
		ID: e.id, Received: e.received, Finished: e.finished,
		API: e.api, Op: e.op, Method: e.method, Path: e.path, Query: redactQuery(e.query), Host: e.host,
		Body: string(redact(e.body)), BodySize: e.bodySize, Retried: e.retried,
		Rule: e.rule, Faults: eachWithoutSecrets(e.faults), Committed: e.committed,
		Status: e.status, Answer: string(redact(e.answer)), AnswerSize: e.answerSize, Sent: e.sent,
		Outcome: e.outcome, Reason: e.reason, Guesses: slices.Clone(e.guesses), Problems: slices.Clone(e.problems),
		Panic: e.panicked,
	}
	if len(e.header) > 0 {
		c.Header = make(http.Header, len(e.header)/2)
		for i := 0; i < len(e.header); i += 2 {
			c.Header.Add(e.header[i], e.header[i+1])
		}
	}
	return c
}
