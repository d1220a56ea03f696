package admin

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

type journalView struct {
	Calls []journal.Call `json:"calls"`
	// Next is what to give as since to read on.
	Next uint64 `json:"next"`
	// Dropped is how many requests the journal has forgotten.
	Dropped int `json:"dropped"`
}

type callsRequest struct {
	// Match says which requests are meant; empty: all.
	Match journal.Match `json:"match,omitzero"`
	// Count is how many there must be. Absent: any number.
	Count *int `json:"count,omitempty"`
	// AtLeast is how many there must be, or more.
	AtLeast *int `json:"at_least,omitempty"`
	// AtMost is how many there must be, or fewer.
	AtMost *int `json:"at_most,omitempty"`
}

// count is the number that is asked for; nil: none is. want is that of it which
// a refusal tells.
func (r *callsRequest) count() (count *journal.Count, want int, err error) {
	for _, one := range []struct {
		number *int
		count  func(int) journal.Count
	}{{r.Count, journal.Exactly}, {r.AtLeast, journal.AtLeast}, {r.AtMost, journal.AtMost}} {
		switch {
		case one.number == nil:
		case count != nil:
			return nil, 0, refuse(http.StatusBadRequest, "count, at_least and at_most: only one of them can be given")
		case checkCount(one.number) != nil:
			return nil, 0, checkCount(one.number)
		default:
			count, want = new(one.count(*one.number)), *one.number
		}
	}
	return count, want, nil
}

type waitRequest struct {
	// Match says which requests are meant; empty: all.
	Match journal.Match `json:"match,omitzero"`
	// Count is how many there must be at least; usually 1.
	Count *int `json:"count,omitempty"`
	// Timeout is how long to wait at most, as "500ms"; usually 5s, at most 5m.
	Timeout string `json:"timeout,omitempty"`
}

type countView struct {
	Count   int `json:"count"`
	Dropped int `json:"dropped"`
}

type callsView struct {
	Calls   []journal.Call `json:"calls"`
	Count   int            `json:"count"`
	Dropped int            `json:"dropped"`
}

// missView tells that what was asked does not hold, and what comes nearest.
type missView struct {
	Error   string        `json:"error"`
	Count   int           `json:"count"`
	Want    int           `json:"want"`
	Dropped int           `json:"dropped"`
	Nearest *journal.Call `json:"nearest,omitempty"`
	Diff    []diffView    `json:"diff,omitempty"`
}

// diffView is one thing in which the nearest request differs.
type diffView struct {
	Field string `json:"field"`
	Want  string `json:"want"`
	Got   string `json:"got"`
}

// The bounds of reading and waiting.
const (
	usualLimit, mostLimit     = 1000, 10_000
	usualTimeout, mostTimeout = 5 * time.Second, 5 * time.Minute
)

func (c *call) readJournal() error {
	w, match, since, err := c.journalFilter()
	if err != nil {
		return err
	}
	limit := usualLimit
	if text := c.query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > mostLimit {
			return refuse(http.StatusBadRequest, "limit is %.40q; allowed is 1 to %d", text, mostLimit)
		}
	}
	format := c.query.Get("format")
	if !slices.Contains([]string{"", "json", "ndjson", "curl"}, format) {
		return refuse(http.StatusBadRequest, "unknown format %.40q; there are json, ndjson and curl", format)
	}
	found, err := w.Read(match, since, limit)
	if err != nil {
		return err
	}
	v := journalView{found.Calls, found.Next, found.Dropped}
	switch format {
	case "ndjson":
		c.text("application/x-ndjson", v)
		for _, call := range v.Calls {
			if c.stream(string(jsontext.MustMarshal(call))+"\n") != nil {
				break // the client went away
			}
		}
	case "curl":
		c.text("text/plain; charset=utf-8", v)
		view := c.view(w)
		for _, call := range v.Calls {
			if c.stream(curlCommand(&call, c.baseURL(), view.BaseURLs)) != nil {
				break // the client went away
			}
		}
	default:
		return c.respond(http.StatusOK, v)
	}
	return nil
}

// text begins a response that is not JSON. What JSON would say besides is in
// headers.
func (c *call) text(media string, v journalView) {
	header := c.w.Header()
	header.Set("Content-Type", media)
	header.Set("X-Mock-Next", strconv.FormatUint(v.Next, 10))
	header.Set("X-Mock-Dropped", strconv.Itoa(v.Dropped))
}

// journalFilter reads the parameters that say which requests are meant.
func (c *call) journalFilter() (w *engine.World, match journal.Match, since uint64, err error) {
	match = journal.Match{Op: c.query.Get("op"), Outcome: journal.Outcome(c.query.Get("outcome"))}
	if err := c.engine.CheckMatch(match); err != nil {
		return nil, match, 0, badRequest(err)
	}
	if text := c.query.Get("since"); text != "" {
		if since, err = strconv.ParseUint(text, 10, 64); err != nil {
			return nil, match, 0, refuse(http.StatusBadRequest, "since is %.40q; it must be the id of a request", text)
		}
	}
	w, err = c.namespace()
	return w, match, since, err
}

// curlCommand is the command that makes the same request again. Where a
// credential was stands a placeholder.
func curlCommand(call *journal.Call, base string, urls map[string]string) string {
	target := base
	if call.API != "" {
		target = urls[call.API]
	}
	target += (&url.URL{Path: call.Path}).EscapedPath()
	if call.Query != "" {
		target += "?" + call.Query
	}
	var out strings.Builder
	out.WriteString("curl -X " + shellQuoted(call.Method) + " " + shellQuoted(target))
	for _, name := range slices.Sorted(maps.Keys(call.Header)) {
		switch name {
		case "Content-Length", "Accept-Encoding", "Connection", "Transfer-Encoding", "User-Agent", "Accept":
			continue // curl's own
		}
		for _, value := range call.Header[name] {
			if value == jsontext.Redacted {
				value = "<" + strings.ToLower(name) + ">"
			}
			out.WriteString(" \\\n  -H " + shellQuoted(name+": "+value))
		}
	}
	if call.Body != "" {
		out.WriteString(" \\\n  --data-binary " + shellQuoted(call.Body))
	}
	if call.BodySize > len(call.Body) {
		out.WriteString("\n# the body is not complete: it had " + strconv.Itoa(call.BodySize) + " bytes")
	}
	out.WriteString("\n")
	return out.String()
}

func shellQuoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func (c *call) countCalls() error {
	v, err := c.find()
	if err != nil {
		return err
	}
	return c.respond(http.StatusOK, countView{v.Count, v.Dropped})
}

func (c *call) findCalls() error {
	v, err := c.find()
	if err != nil {
		return err
	}
	return c.respond(http.StatusOK, v)
}

// find returns the calls that match, or an error with status 409 if they are
// not as many as they should be, or if that cannot be known.
func (c *call) find() (callsView, error) {
	var request callsRequest
	if err := c.read(&request); err != nil {
		return callsView{}, err
	}
	count, want, err := request.count()
	if err != nil {
		return callsView{}, err
	}
	if err := c.engine.CheckMatch(request.Match); err != nil {
		return callsView{}, refuse(http.StatusBadRequest, "match: %v", err)
	}
	w, err := c.namespace()
	if err != nil {
		return callsView{}, err
	}
	if count != nil {
		if err := w.Check(request.Match, *count); err != nil {
			return callsView{}, missed(err, want)
		}
	}
	found, err := w.Find(request.Match)
	return callsView{found.Calls, len(found.Calls), found.Dropped}, err
}

func (c *call) waitForCalls() error {
	var request waitRequest
	if err := c.read(&request); err != nil {
		return err
	}
	if err := checkCount(request.Count); err != nil {
		return err
	}
	count, timeout := 1, usualTimeout
	if request.Count != nil {
		count = *request.Count
	}
	if request.Timeout != "" {
		var err error
		if timeout, err = time.ParseDuration(request.Timeout); err != nil || timeout < 0 || timeout > mostTimeout {
			return refuse(http.StatusBadRequest, `timeout is %.40q; it must be a duration such as "500ms", at most %s`, request.Timeout, mostTimeout)
		}
	}
	if err := c.engine.CheckMatch(request.Match); err != nil {
		return refuse(http.StatusBadRequest, "match: %v", err)
	}
	w, err := c.namespace()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), timeout)
	defer cancel()
	found, err := w.Wait(ctx, request.Match, count)
	if err != nil {
		return missed(err, count)
	}
	return c.respond(http.StatusOK, callsView{found.Calls, len(found.Calls), found.Dropped})
}

func checkCount(count *int) error {
	if count != nil && *count < 0 {
		return refuse(http.StatusBadRequest, "count is %d; it must not be negative", *count)
	}
	return nil
}

// missed describes what comes nearest to what was asked.
func missed(err error, want int) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	v := missView{Error: text, Want: want}
	if miss := (*engine.Miss)(nil); errors.As(err, &miss) {
		v.Count, v.Dropped, v.Nearest = miss.Count, miss.Dropped, miss.Nearest
		for _, d := range miss.Differences {
			v.Diff = append(v.Diff, diffView{d.Field, d.Want, d.Got})
		}
	}
	return &refusal{status: http.StatusConflict, message: text, detail: v}
}
