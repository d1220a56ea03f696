package engine

import (
	"encoding/json"
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/credential"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// keptBody is how much of a body the journal keeps.
const keptBody = 64 << 10

// entry is one request in the journal.
type entry struct {
	id                 uint64
	received, finished time.Time
	emulated           *Emulation // nil: the path belongs to none
	op                 string
	method, path       string
	query, host        string
	header             []string // name, value, name, value; no credentials
	body, response     []byte   // at most keptBody
	bodySize           int
	responseSize       int
	status             int
	sent               int
	events             int // of a stream
	writes             []journal.Write
	rule               string
	faults             []fault.Step
	reason             string
	panicked           string
	guesses            []string // without the name of the API
	problems           []string
	outcome            journal.Outcome
	retried, committed bool
	gone               bool // no longer in the journal
	size               int  // what it counts in the journal
	content            uint64
	secrets            func() jsontext.Secrets
	real               *realResponse // nil: no real API was asked
}

// realResponse is what an entry has of the response of a real API.
type realResponse struct {
	status      int
	kept        []byte // at most keptBody, without credentials
	differences []journal.Difference
	notCompared string
}

func newEntry(r *http.Request, x *exchange) *entry {
	e := &entry{emulated: x.api, method: x.Method, path: x.Path, query: r.URL.RawQuery, host: r.Host, outcome: journal.Open, secrets: x.world.engine.secrets}
	if x.api == nil {
		e.header = headerPairs(r.Header, nil)
	} else {
		e.header = headerPairs(r.Header, x.api.credentials)
	}
	return e
}

// api is the name of the API, "" if there is none.
func (e *entry) api() string {
	if e.emulated == nil {
		return ""
	}
	return e.emulated.Name
}

// log holds the last requests of a world. The zero value is empty.
type log struct {
	ring    []*entry
	first   int // the oldest one, once the ring is full
	last    uint64
	size    int
	dropped int
	content map[uint64]int // how many entries have this content

	// What a test fails on; kept although entries are dropped.
	unmatched, problems, guesses, panics Remarks
}

// add adds a line, which is only written if it is kept.
func (r *Remarks) add(line func() string) {
	const kept, longest = 20, 4 << 10
	if r.Count++; len(r.Lines) < kept {
		r.Lines = append(r.Lines, clip(line(), longest))
	}
}

// clip shortens a text that is longer than that many bytes.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// overhead is about what an entry costs besides its texts.
const overhead = 512

// add appends an entry and drops the oldest ones beyond the bounds.
func (j *log) add(e *entry, config *Config) {
	maxEntries, maxBytes := config.JournalEntries, config.JournalBytes
	j.last++
	e.id = j.last
	if maxEntries < 0 {
		e.gone = true
		return
	}
	e.size = overhead + len(e.method) + len(e.host) + len(e.path) + len(e.query)
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
func (j *log) len() int { return len(j.ring) - j.first }

// push appends to the ring, which is a slice whose front is dropped: the free
// front is used again once it is as long as the rest.
func (j *log) push(e *entry) {
	if j.first > 16 && j.first >= len(j.ring)/2 {
		n := copy(j.ring, j.ring[j.first:])
		clear(j.ring[n:])
		j.ring, j.first = j.ring[:n], 0
	}
	j.ring = append(j.ring, e)
}

// drop forgets the oldest entry.
func (j *log) drop() {
	e := j.ring[j.first]
	j.ring[j.first] = nil
	j.first++
	j.dropped++
	j.size -= e.size
	e.gone = true
	e.body, e.response, e.writes = nil, nil, nil // a stream may go on for long
	if n := j.content[e.content]; n > 1 {
		j.content[e.content] = n - 1
	} else {
		delete(j.content, e.content)
	}
}

// clear forgets everything. Requests that are still being served are no
// longer counted either.
func (j *log) clear() {
	for _, e := range j.ring[j.first:] {
		e.gone = true
	}
	*j = log{}
}

// shrink drops entries until the rest fits. The newest one always stays.
func (j *log) shrink(maxBytes int) {
	for j.size > maxBytes && j.len() > 1 {
		j.drop()
	}
}

// grow counts more bytes for an entry.
func (j *log) grow(e *entry, more, maxBytes int) {
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
func (j *log) read(e *entry, body []byte, maxBytes int) {
	e.body, e.bodySize = kept(body), len(body)
	if e.gone {
		return
	}
	var hash maphash.Hash
	hash.SetSeed(contentSeed)
	for _, text := range [...]string{e.op, e.method, e.path, e.query} {
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
			if credential.IsHeader(name, credentials) {
				value = jsontext.Redacted
			}
			pairs = append(pairs, name, value)
		}
	}
	return pairs
}

// valuesOf are the values of a header. Of a request that is being served they
// are whole; the journal has no credentials. Host has a place of its own.
func (e *entry) valuesOf(name string, live *exchange) []string {
	switch {
	case name == "Host" && e.host != "":
		return []string{e.host}
	case live != nil:
		return live.Header[name]
	}
	return e.headerValues(name)
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
	name := e.op
	if name == "" {
		name = "no operation"
	}
	text := "call " + strconv.FormatUint(e.id, 10) + ": " + name + " " + clip(e.method+" "+e.where(), 300)
	if e.status != 0 {
		text += " -> " + strconv.Itoa(e.status)
	}
	if e.real != nil {
		text += e.real.line()
	}
	if e.outcome != journal.Complete {
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
	if e.emulated == nil {
		return e.path
	}
	return "/" + e.emulated.Name + e.path
}

// call copies an entry for the outside, without secrets.
func (e *entry) call() journal.Call {
	secrets := e.secrets()
	c := journal.Call{
		ID: e.id, Received: e.received, Finished: e.finished,
		API: e.api(), Op: e.op, Method: e.method, Path: e.path, Query: secrets.RedactQuery(e.query), Host: e.host,
		Body: string(secrets.Redact(e.body)), BodySize: e.bodySize, Retried: e.retried,
		Rule: e.rule, Committed: e.committed,
		Status: e.status, ResponseSize: e.responseSize, Sent: e.sent, Events: e.events,
		Outcome: e.outcome, Reason: e.reason, Problems: slices.Clone(e.problems),
		Panic: e.panicked,
	}
	for _, guess := range e.guesses {
		c.Guesses = append(c.Guesses, e.api()+"."+guess)
	}
	c.Response, c.Writes = e.redactResponse(secrets)
	if e.real != nil {
		c.RealStatus, c.RealResponse = e.real.status, string(secrets.Redact(e.real.kept))
		c.Differences, c.NotCompared = slices.Clone(e.real.differences), e.real.notCompared
	}
	for _, step := range e.faults {
		c.Faults = append(c.Faults, json.RawMessage(step.Fault().String()))
	}
	if len(e.header) > 0 {
		c.Header = make(http.Header, len(e.header)/2)
		for i := 0; i < len(e.header); i += 2 {
			c.Header.Add(e.header[i], e.header[i+1])
		}
	}
	return c
}

// redactResponse is the response without secrets, and its writes. Without its
// secrets a write has another length.
func (e *entry) redactResponse(secrets jsontext.Secrets) (string, []journal.Write) {
	if len(e.writes) == 0 {
		return string(secrets.Redact(e.response)), nil
	}
	var text []byte
	writes := slices.Clone(e.writes)
	rest := e.response
	for i, write := range writes {
		size := min(write.Size, len(rest)) // an entry that was dropped has none of them
		part := secrets.Redact(rest[:size])
		text, rest = append(text, part...), rest[size:]
		writes[i].Size = len(part)
	}
	return string(text), writes
}
