// Package journal has the words for looking back at what a mock server was
// asked: a Call is one request, a Match says which ones are meant, and a Count
// how many of them there must be.
//
//	mock.AssertMatches(t, journal.Match{Path: "/v2/agents/*", Status: 404}, journal.AtLeast(1))
package journal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Outcome is how a request ended.
type Outcome string

// The outcomes of a request.
const (
	// Open: it has not ended yet.
	Open Outcome = "open"
	// Complete: the whole response was sent.
	Complete Outcome = "complete"
	// Dropped: a fault closed the connection without a response.
	Dropped Outcome = "dropped"
	// Reset: a fault reset the connection without a response.
	Reset Outcome = "reset"
	// Truncated: a fault cut the response off.
	Truncated Outcome = "truncated"
	// ClientGone: the client closed the connection before it had the response.
	ClientGone Outcome = "client-gone"
	// Cancelled: a wait ended because of a reset or because the server closed.
	Cancelled Outcome = "cancelled"
)

// Outcomes returns every outcome.
func Outcomes() []Outcome {
	return []Outcome{Open, Complete, Dropped, Reset, Truncated, ClientGone, Cancelled}
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
	API string `json:"api,omitempty"`
	// Op is the operation. Empty: the request matched none.
	Op string `json:"op,omitempty"`
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
	// Faults are the faults that the request was hit by, as JSON.
	Faults []json.RawMessage `json:"faults,omitempty"`
	// Committed is whether the request changed the state.
	Committed bool `json:"committed"`
	// Status is the status of the response. 0: there was none.
	Status int `json:"status,omitempty"`
	// Response is the body of the response, as complete as it was meant; of a
	// long one the first 64 KiB.
	Response string `json:"response,omitempty"`
	// ResponseSize is the length of the whole response body in bytes.
	ResponseSize int `json:"response_size,omitempty"`
	// Events is how many events of a stream were sent so far.
	Events int `json:"events,omitempty"`
	// Writes are the writes of a stream, in their order, as far as Response
	// has them.
	Writes []Write `json:"writes,omitempty"`
	// Sent is how many bytes of the response body were sent.
	Sent int `json:"sent,omitempty"`
	// Outcome is how the request ended.
	Outcome Outcome `json:"outcome"`
	// Reason is why the request was refused, for people.
	Reason string `json:"reason,omitempty"`
	// Guesses name what in the response no source documents.
	Guesses []string `json:"guesses,omitempty"`
	// Problems are what strictness has against the request, and faults that
	// could not do their work.
	Problems []string `json:"problems,omitempty"`
	// Panic is the stack of a panic while the request was served.
	Panic string `json:"panic,omitempty"`

	// RealStatus is the status with which a real API responded to the request,
	// which is what the client got; Status and Response are then those of the
	// mock, and so are the ids in Path, Query and Body. 0: none was asked, or
	// there was no response.
	RealStatus int `json:"real_status,omitempty"`
	// RealResponse is the body of the real response, without credentials, of a
	// long one the first 64 KiB. Empty unless the mock was told to keep it.
	RealResponse string `json:"real_response,omitempty"`
	// Differences are what differs between the real response and the mock's.
	Differences []Difference `json:"differences,omitempty"`
	// NotCompared is why they were not compared. Empty: they were, or no real
	// API was asked.
	NotCompared string `json:"not_compared,omitempty"`
}

// Write is a part of a stream that was written at one time: whole events.
type Write struct {
	// At is when, by the clock of the namespace.
	At time.Time `json:"at"`
	// Size is how many bytes of Call.Response it is.
	Size int `json:"size"`
}

// Match says which requests are meant. Every field that is set must hold; the
// zero value means all of them. What no request can meet, such as a method that
// Op does not have, is refused. Its JSON form is that of the HTTP interface.
//
//	journal.Match{Path: "/v2/agents/*", Contains: map[string]string{"json /instructions": "polite"}}
type Match struct {
	// Op is the operation, such as "orq.CreateAgent".
	Op string `json:"op,omitempty"`
	// API is the API, such as "orq".
	API string `json:"api,omitempty"`
	// Method is the HTTP method.
	Method string `json:"method,omitempty"`
	// Path is the path below the API's prefix, unescaped. An element that is
	// "*" stands for any one, and "**" at the end for whatever follows:
	// "/v2/agents/*", "/v2/**".
	Path string `json:"path,omitempty"`
	// Header has values of request headers, Host included. Names have no case.
	// In the journal the values of credentials are not kept: they match rules only.
	Header map[string]string `json:"header,omitempty"`
	// JSON has values of the request body by JSON pointer (RFC 6901; "" is
	// the whole body). Numbers compare by value, objects by their members. Of
	// a body over 64 KiB the journal knows only the beginning.
	JSON map[string]any `json:"json,omitempty"`
	// Prefix says, by place, how a text begins. A place is "path", "query"
	// (as it was sent), "body", "header NAME" or "json POINTER": there a
	// string is its own text, and another value its JSON. What is not there
	// matches nothing.
	Prefix map[string]string `json:"prefix,omitempty"`
	// Contains says, by place as Prefix does, what a text has in it.
	Contains map[string]string `json:"contains,omitempty"`
	// Regexp has, by place as Prefix does, a regular expression (RE2) that a
	// text has a match for. It holds anywhere in the text; "^" and "$" bind
	// it to the ends.
	Regexp map[string]string `json:"regexp,omitempty"`
	// Retried is whether the same request came before: same operation, path,
	// query and body.
	Retried *bool `json:"retried,omitempty"`
	// Status is the status of the response.
	Status int `json:"status,omitempty"`
	// Outcome is how the request ended.
	Outcome Outcome `json:"outcome,omitempty"`
	// Committed is whether the request changed the state.
	Committed *bool `json:"committed,omitempty"`
	// Matched is whether the request matched an operation at all.
	Matched *bool `json:"matched,omitempty"`
	// Rule is the id of the rule that hit the request.
	Rule string `json:"rule,omitempty"`
}

// Count is how many requests there must be.
type Count struct {
	least, most int
	noMost      bool // there may be any number of more
}

// Exactly n.
func Exactly(n int) Count { return Count{least: n, most: n} }

// AtLeast n.
func AtLeast(n int) Count { return Count{least: n, noMost: true} }

// AtMost n.
func AtMost(n int) Count { return Count{most: n} }

// Holds reports whether n is such a number.
func (c Count) Holds(n int) bool { return n >= c.least && !c.Exceeded(n) }

// Exceeded reports whether n is more than there may be.
func (c Count) Exceeded(n int) bool { return !c.noMost && n > c.most }

// Certain reports whether the count holds for n and for whatever more than n
// there may be.
func (c Count) Certain(n int) bool { return n >= c.least && c.noMost }

// String says the count in words: "at least 2".
func (c Count) String() string {
	switch {
	case c.noMost:
		return fmt.Sprintf("at least %d", c.least)
	case c.least == c.most:
		return fmt.Sprint(c.least)
	}
	return fmt.Sprintf("at most %d", c.most)
}
