package mockserver

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// planned returns the fault of that kind that the request is hit by.
func (x *exchange) planned(kind string) *Fault {
	for i := range x.plan {
		if x.plan[i].kind.name == kind {
			return &x.plan[i]
		}
	}
	return nil
}

// waitsAt reports whether the plan waits at a stage.
func (x *exchange) waitsAt(stage Stage) bool {
	for _, f := range x.plan {
		if f.stage == stage && (f.kind.name == "delay" || f.kind.name == "stall") {
			return true
		}
	}
	return false
}

// perform does the faults of one stage. It returns the answer that takes the
// place of the API's own, or how the connection ends.
func (x *exchange) perform(ctx context.Context, stage Stage) (replacement *answer, end Outcome) {
	for i := range x.plan {
		f := &x.plan[i]
		if f.stage != stage {
			continue
		}
		switch f.kind.name {
		case "delay":
			if end := x.wait(ctx, f.pause); end != "" {
				return nil, end
			}
		case "stall":
			return nil, x.wait(ctx, -1)
		case "drop":
			return nil, Dropped
		case "reset":
			return nil, WasReset
		case "status", "html", "redirect":
			a := x.answerWith(f)
			replacement = &a
		}
	}
	return replacement, ""
}

// wait waits, for ever if d is negative. It returns an outcome if something
// ended the wait: the client, a reset, or the end of the server.
func (x *exchange) wait(ctx context.Context, d time.Duration) Outcome {
	var over <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return ""
	case <-x.stop:
		return Cancelled
	case <-x.namespace.server.closed:
		return Cancelled
	case <-ctx.Done():
		return x.gone()
	}
}

// htmlPage is the page of a proxy.
func htmlPage(title string) []byte {
	return []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n<hr><center>proxy</center>\r\n</body>\r\n</html>\r\n")
}

// answerWith is the answer that a fault makes.
func (x *exchange) answerWith(f *Fault) answer {
	var a answer
	switch f.kind.name {
	case "status":
		a = x.failure(f.status, "")
		a.reason = ""
		if a.header == nil {
			a.header = make(http.Header)
		}
	case "html":
		title := strconv.Itoa(f.status) + " " + http.StatusText(f.status)
		a = answer{status: f.status, header: http.Header{"Content-Type": {"text/html"}}, body: htmlPage(title)}
	case "redirect":
		a = answer{status: f.status, header: http.Header{"Location": {f.text}}}
	}
	if f.body != nil {
		a.body = []byte(*f.body)
	}
	maps.Copy(a.header, f.header)
	if f.retryAfter != nil {
		a.header.Set("Retry-After", strconv.Itoa(ceilSeconds(*f.retryAfter)))
	}
	return a
}

// edit changes an answer as the plan wants it.
func (x *exchange) edit(a *answer) {
	for i := range x.plan {
		f := &x.plan[i]
		if !f.kind.edits {
			continue
		}
		ok := len(a.body) > 0
		switch f.kind.name {
		case "malformed":
			a.body = append(a.body[:len(a.body)/2:len(a.body)/2], ",,"...)
			ok = hasBody(a.status)
		case "unknown_field":
			a.body, ok = addUnknown(a.body, f.text)
		case "unknown_enum":
			a.body, ok = put(a.body, f.text, `"mock_unknown_value"`)
		case "null":
			a.body, ok = put(a.body, f.text, "null")
		case "omit":
			a.body, ok = omit(a.body, f.text)
		case "time_digits":
			a.body, ok = setTimeDigits(a.body, f.count)
		}
		if !ok {
			x.namespace.mu.Lock()
			x.problem("fault " + f.String() + " found nothing to change in the answer")
			x.namespace.mu.Unlock()
		}
	}
}

// pretends reports whether the answer must look as if the request had taken
// effect, without it.
func (x *exchange) pretends() bool {
	for _, f := range x.plan {
		if f.kind.edits && f.stage == BeforeCommit {
			return true
		}
	}
	return false
}

// pretend lets the dialect answer on a copy of the state that is thrown away.
// The caller holds the lock.
func (x *exchange) pretend() answer {
	n := x.namespace
	copied := x.entry.emulated.newState()
	if err := json.Unmarshal(mustMarshal(n.state(x.entry.emulated)), copied); err != nil {
		panic(err) // states can be written and read back
	}
	x.state = copied
	sequence := maps.Clone(n.sequence)
	a := x.guarded(func() answer { return x.dialect.serve(x) })
	n.sequence = sequence
	x.committed = false
	return a
}

// resetter is a connection that can be broken like a TCP one.
type resetter interface{ reset() }

// resetConnection breaks the connection of a request: with a RST on TCP.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2, or no connection at all
		panic(http.ErrAbortHandler)
	}
	bare := conn
	if encrypted, ok := conn.(*tls.Conn); ok {
		bare = encrypted.NetConn()
	}
	switch c := bare.(type) {
	case *net.TCPConn:
		c.SetLinger(0) //nolint:errcheck // then it is closed politely
	case resetter:
		c.reset()
	}
	bare.Close() //nolint:errcheck // it is gone either way
}
