package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/compare"
	"github.com/agentclients/agentclients-go/mockserver/internal/credential"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// mockTime is how long the mock can take to respond when the real API has: the
// client waits for it.
const mockTime = 5 * time.Second

func (e *Engine) configureCompare() error {
	for _, name := range slices.Sorted(maps.Keys(e.config.Compare)) {
		a, err := e.api(name)
		if err != nil {
			return err
		}
		real, err := compare.New(e.config.Compare[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if e.real == nil {
			e.real = make(map[*Emulation]*compare.Upstream)
		}
		e.real[a] = real
	}
	return nil
}

// Differences returns in what the responses of the mock differed from those of
// real APIs.
func (w *World) Differences() compare.Result { return w.compareSession().Result() }

func (w *World) compareSession() (session *compare.Session) {
	w.locked(func() {
		if w.session == nil {
			w.session = new(compare.Session)
		}
		session = w.session
	})
	return session
}

// comparison is a request that a real API serves, and the mock beside it.
type comparison struct {
	*exchange
	session *compare.Session
	w       http.ResponseWriter
	r       *http.Request
	real    realResponse
}

// compare serves a request by the real API. It is sent there once, whatever
// happens.
func (e *Engine) compare(w http.ResponseWriter, r *http.Request, d destination, real *compare.Upstream) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(e.whileOpen, cancel)()
	r = r.WithContext(ctx)
	session := d.world.compareSession()
	asked, url := *r, *r.URL
	asked.URL, url.RawQuery = &url, session.MockQuery(url.RawQuery)
	escaped := d.path
	d.path = session.MockPath(escaped)
	c := &comparison{exchange: newExchange(w, &asked, d), session: session, w: w, r: r}
	c.compared = true
	c.entry.real = &realResponse{}
	c.effects.ctx = ctx
	c.arrive()
	defer c.leave()

	body, ok := c.readBody()
	if !ok {
		return
	}
	c.Body = session.MockBody(body)
	if real.IsOwn(r) {
		c.noteBody()
		c.skip(compare.Loop)
		c.noteReal()
		c.send(w, r, emulate.Text(http.StatusLoopDetected, "mockserver: "+compare.Loop+"\n").Because(compare.Loop))
		return
	}
	response, err := real.Send(ctx, r, escaped, body, c.hint)
	if err != nil {
		c.fail(err)
		return
	}
	defer response.Body.Close() //nolint:errcheck // all was read, or nobody wants the rest
	c.real.status = response.StatusCode
	if compare.IsStream(response.Header) && r.Method != http.MethodHead {
		c.stream(response)
		return
	}
	c.whole(response)
}

// readBody reads the request. ok is false if that ended it.
func (c *comparison) readBody() (body []byte, ok bool) {
	body, err := c.body.finish()
	if err == nil {
		return body, true
	}
	response := c.unreadable(err)
	if c.effects.end != "" {
		c.finish(nil, c.effects.end, 0)
		panic(http.ErrAbortHandler)
	}
	c.send(c.w, c.r, response)
	return nil, false
}

// fail responds when the real API did not. The mock is not asked: what it
// would do is not what happened.
func (c *comparison) fail(err error) {
	c.noteBody()
	c.skip(compare.NoResponse)
	c.noteReal()
	if c.r.Context().Err() != nil {
		c.finish(nil, c.gone(), 0)
		panic(http.ErrAbortHandler)
	}
	reason := "mockserver: no response of the real API of " + c.api.Name + ": " + err.Error()
	c.send(c.w, c.r, emulate.Text(http.StatusBadGateway, reason+"\n").Because(reason))
}

// whole serves a response that is no stream.
func (c *comparison) whole(response *http.Response) {
	body, more, err := compare.ReadBody(response.Body)
	emulated := c.emulateFor(response, body, more, err != nil)
	if plain, err := compare.Decoded(response.Header, body); err == nil { // else nobody could redact it
		c.keep(plain)
	}
	c.noteReal()
	c.begin(response)
	last := max(len(body)-1, 0) // who has the last byte finds the request in the journal
	if more || err != nil {
		last = len(body)
	}
	sent, failure := Write(c.w, c.r, body[:last])
	if failure == nil && more {
		var rest int64
		rest, failure = io.Copy(limitedWriter{c.w, c.r}, response.Body)
		sent += int(rest)
	}
	if failure != nil || err != nil {
		outcome := journal.Truncated
		if c.r.Context().Err() != nil || failure != nil {
			outcome = c.gone()
		}
		c.finish(emulated, outcome, sent)
		http.NewResponseController(c.w).Flush() //nolint:errcheck // a writer that cannot has nothing to flush
		panic(http.ErrAbortHandler)             // the client sees a response that is cut off, too
	}
	c.finish(emulated, c.outcome(c.r.Context()), sent+len(body[last:]))
	c.w.Write(body[last:]) //nolint:errcheck // the client went away
	compare.CopyTrailers(c.w.Header(), response)
}

// hint passes on what comes before the real response.
func (c *comparison) hint(status int, header http.Header) {
	if !c.r.ProtoAtLeast(1, 1) {
		return
	}
	own := c.w.Header()
	before := maps.Clone(own)
	compare.CopyHeader(own, header)
	c.w.WriteHeader(status)
	clear(own)
	maps.Copy(own, before)
}

// begin sends what comes before the body of the real response. One whose length
// is not known goes on in chunks.
func (c *comparison) begin(response *http.Response) {
	compare.CopyHeader(c.w.Header(), response.Header)
	compare.AnnounceTrailers(c.w.Header(), response)
	c.w.WriteHeader(response.StatusCode)
	if response.ContentLength < 0 && c.r.Method != http.MethodHead {
		http.NewResponseController(c.w).Flush() //nolint:errcheck // a writer that cannot has nothing to flush
	}
}

// limitedWriter gives the client time for each piece that it is to read.
type limitedWriter struct {
	w http.ResponseWriter
	r *http.Request
}

func (l limitedWriter) Write(data []byte) (int, error) {
	LimitWrite(l.w, l.r, true)
	defer LimitWrite(l.w, l.r, false)
	return l.w.Write(data)
}

// emulateFor lets the mock serve what the real API has served, and compares
// the responses. It returns the mock's, nil if there is none.
func (c *comparison) emulateFor(response *http.Response, body []byte, more, cut bool) *emulate.Response {
	switch {
	case compare.IsRefused(response.StatusCode):
		c.noteBody()
		c.skip(compare.Refused)
		return nil
	case compare.IsRedirect(response.StatusCode) && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead:
		c.noteBody()
		c.skip(compare.Redirected)
		return nil
	case cut && response.StatusCode >= 400:
		c.noteBody()
		c.skip(compare.CutOff)
		return nil
	}
	// What the real API did, the mock does, although the client may be gone or
	// the response is cut off: else each would have records that the other lacks.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), mockTime)
	defer cancel()
	c.effects.ctx = ctx
	emulated := c.emulate()
	if c.effects.end != "" {
		c.skip(compare.MockSilent)
		return nil
	}
	plain, err := compare.Decoded(response.Header, body)
	switch {
	case cut:
		c.skip(compare.CutOff)
	case c.cannotKnow(response.StatusCode, emulated.Status):
	case more:
		c.skip(compare.TooLong)
	case err != nil:
		c.skip(compare.Unreadable)
	case c.r.Method == http.MethodHead || emulated.Events != nil: // nothing but the header can be compared
		c.compareWith(compare.Response{Status: response.StatusCode, ContentType: response.Header.Get("Content-Type")},
			compare.Response{Status: emulated.Status, ContentType: emulated.ContentType()})
	default:
		c.compareWith(compare.Response{Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"), Body: plain},
			compare.Response{Status: emulated.Status, ContentType: emulated.ContentType(), Body: emulated.Body})
	}
	return &emulated
}

// emulate serves the request as if it had come alone, without a rule. If
// something ended it, the effects have the end. A panic ends it, too: the
// client is to have the real response all the same.
func (c *comparison) emulate() (response emulate.Response) {
	defer c.endInPanic()
	c.world.decideReplies(c.api)
	response, _ = c.admit()
	response = c.await(response)
	if !hasBody(response.Status) {
		response.Body = nil
	}
	return response
}

// endInPanic notes a panic of the mock as the end of what it does.
func (c *comparison) endInPanic() {
	if cause := recover(); cause != nil {
		c.world.locked(func() { c.panicked(fmt.Sprintf("panic: %v\n\n%s", cause, debug.Stack())) })
		c.effects.end = journal.Cancelled
	}
}

// noteBody puts the body of a request into the journal that the mock does not
// serve.
func (c *comparison) noteBody() {
	w := c.world
	w.locked(func() { w.journal.read(c.entry, c.Body, w.engine.config.JournalBytes) })
}

// cannotKnow reports whether only one of the two served the request because the
// mock does not know the account: its records, and which credentials are good.
func (c *comparison) cannotKnow(real, mock int) bool {
	switch {
	case mock < 400 && (real == http.StatusUnauthorized || real == http.StatusForbidden):
		c.skip(compare.Credential)
		return true
	case mock == http.StatusCreated && real == http.StatusConflict:
		c.skip(compare.Taken)
		return true
	case real >= 400 || mock < 400:
		return false
	case c.route == nil:
		c.skip(compare.NotEmulated)
		return true
	case mock == http.StatusNotFound && len(c.Params) > 0 && !c.session.Knows(c.Params):
		c.skip(compare.NoRecord)
		return true
	}
	return false
}

// compareWith notes in what the responses differ.
func (c *comparison) compareWith(real, mock compare.Response) {
	c.record(c.session.Compare(real, mock))
}

// record notes what differs.
func (c *comparison) record(found []journal.Difference) {
	for i := range found {
		found[i].Op = c.entry.op
	}
	c.real.differences = found
	c.session.Record(c.entry.id, found)
}

// skip notes that nothing is compared, and why.
func (c *comparison) skip(reason string) {
	c.real.notCompared = reason
	c.session.Skip(reason)
}

// keep keeps the beginning of the real response if that is asked for, without
// the credentials that the request brought.
func (c *comparison) keep(body []byte) {
	if !c.engine().config.CompareKeep {
		return
	}
	text := body[:min(len(body), keptBody)]
	for name, values := range c.r.Header {
		if !credential.IsHeader(name, c.api.credentials) {
			continue
		}
		for _, value := range values {
			_, bare, _ := strings.Cut(value, " ")
			for _, secret := range []string{value, bare} {
				if len(secret) > 3 { // a shorter one is no secret, and would be found everywhere
					text = withoutSecret(text, []byte(secret))
				}
			}
		}
	}
	c.real.kept = slices.Clone(text)
}

// withoutSecret takes a secret out of a text that may be cut off within it.
func withoutSecret(text, secret []byte) []byte {
	text = bytes.ReplaceAll(text, secret, []byte(jsontext.Redacted))
	for n := min(len(secret), len(text)); n > 3; n-- {
		if bytes.HasSuffix(text, secret[:n]) {
			return text[:len(text)-n]
		}
	}
	return text
}

// noteReal puts what is known of the real response into the journal, before
// the request is marked as finished.
func (c *comparison) noteReal() {
	w := c.world
	w.locked(func() {
		*c.entry.real = c.real
		size := len(c.real.kept) + len(c.real.notCompared)
		for _, d := range c.real.differences {
			size += len(d.Pointer) + len(d.Real) + len(d.Mock) + 100
		}
		w.journal.grow(c.entry, size, w.engine.config.JournalBytes)
	})
}

func (c *comparison) engine() *Engine { return c.world.engine }

// line is the real response in the line of an entry, for people.
func (r *realResponse) line() string {
	switch {
	case r.notCompared != "":
		return fmt.Sprintf(" (real %d, not compared: %s)", r.status, r.notCompared)
	case r.status == 0:
		return ""
	}
	return fmt.Sprintf(" (real %d, differences: %d)", r.status, len(r.differences))
}
