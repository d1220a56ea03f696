package engine

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// Every field of a world is either kept by a reset or made new by it.
func TestResetForgetsNothing(t *testing.T) {
	keeps := map[string]bool{"engine": true, "name": true, "own": true, "mu": true, "seed": true, "active": true, "streams": true, "used": true, "dropped": true, "changed": true, "ticked": true, "generation": true, "cleared": true, "session": true}
	e := newToyEngine(t, Config{RateLimits: true, Deterministic: true})
	w := e.Main()
	send(e, "POST", "/toy/toys", "k", `{"name":"a"}`)
	if _, err := w.AddRule(fault.Rule{Op: "toy.Count", Do: []fault.Fault{fault.Stall()}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Script("toy", script.Reply{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := w.ScriptFunc("toy", script.Echo); err != nil {
		t.Fatal(err)
	}
	w.Advance(time.Hour)
	ended := make(chan int)
	go func() {
		defer func() {
			recover() //nolint:errcheck // the stall ends with a closed connection
			ended <- 0
		}()
		send(e, "GET", "/toy/toys", "k", "")
	}()
	if _, err := w.Wait(t.Context(), journal.Match{Rule: "r1"}, 1); err != nil {
		t.Fatal(err)
	}
	fields := reflect.ValueOf(w).Elem()
	empty := func() (names []string) {
		w.locked(func() {
			for i := range fields.NumField() {
				if name := fields.Type().Field(i).Name; !keeps[name] && fields.Field(i).IsZero() {
					names = append(names, name)
				}
			}
		})
		return names
	}
	if names := empty(); names != nil {
		t.Errorf("before the reset these are empty: %v", names)
	}
	if err := w.Reset("everything"); err == nil || !strings.Contains(err.Error(), `unknown part "everything"; there are "state", "rules"`) {
		t.Errorf("error is %v", err)
	}
	if names := empty(); names != nil {
		t.Errorf("after a refused reset these are empty: %v", names)
	}
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	if names := empty(); len(names) != fields.NumField()-len(keeps) {
		t.Errorf("after the reset only these are empty: %v", names)
	}
	<-ended
	send(e, "POST", "/toy/toys", "k", `{"name":"a"}`)
	found, err := w.Find(journal.Match{})
	if err != nil || found.Calls[0].ID != 1 || send(e, "GET", "/toy/toys", "k", "") != 200 {
		t.Errorf("after the reset: %v %+v", err, found)
	}
}

// What the engine remembers of worlds that were dropped is bounded.
func TestDroppedNamesAreBounded(t *testing.T) {
	e := newToyEngine(t, Config{MaxNamespaces: 2})
	for i := range 100 {
		for _, name := range []string{"same", fmt.Sprintf("n%d", i)} {
			if _, err := e.MakeWorld(name, WorldConfig{}); err != nil {
				t.Fatal(err)
			}
			e.DropWorld(name)
		}
	}
	if len(e.dropped) > 20 || len(e.droppedLog) != len(e.dropped) {
		t.Errorf("%d names are kept, %d in the log", len(e.dropped), len(e.droppedLog))
	}
}

// The order that all APIs have: the credential, the limit, the route,
// strictness, the operation.
func TestOrderOfChecks(t *testing.T) {
	e := newToyEngine(t, Config{RateLimits: true, Strictness: Reject, Now: func() time.Time { return time.Unix(0, 0) }})
	const odd = `{"nom":1}`
	for _, c := range []struct {
		name, method, path, key, body string
		want                          int
	}{
		{"nothing is right", "GET", "/toy/none", "", odd, 401},
		{"no such path", "POST", "/toy/none", "k", odd, 404},
		{"no such method", "PUT", "/toy/toys", "k", odd, 405},
		{"an odd body", "POST", "/toy/toys", "k", odd, 400},
		{"all is right", "POST", "/toy/toys", "k", `{"name":"a"}`, 201},
	} {
		if got := send(e, c.method, c.path, c.key, c.body); got != c.want && !strings.HasPrefix(c.name, "all") {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	for range 1000 {
		send(e, "GET", "/toy/toys", "k", "")
	}
	for _, path := range []string{"/toy/none", "/toy/toys"} {
		if got := send(e, "POST", path, "k", odd); got != 429 {
			t.Errorf("over the limit: %s is %d", path, got)
		}
	}
	if got := send(e, "POST", "/toy/none", "", odd); got != 401 {
		t.Errorf("over the limit without a key: %d", got)
	}
}

// A request that pretends leaves the state and the ids as they were.
func TestPretendedRequestChangesNothing(t *testing.T) {
	e := newToyEngine(t, Config{Deterministic: true})
	w := e.Main()
	before := string(w.Snapshot())
	if _, err := w.AddRule(fault.Rule{Op: "toy.Make", Times: 1, Do: []fault.Fault{fault.UnknownField("", fault.BeforeCommit)}}); err != nil {
		t.Fatal(err)
	}
	if got := send(e, "POST", "/toy/toys", "k", `{"name":"a"}`); got != 201 {
		t.Errorf("status %d", got)
	}
	if err := w.Reset(PartRules); err != nil {
		t.Fatal(err)
	}
	if after := string(w.Snapshot()); after != strings.Replace(before, `"apis":{}`, `"apis":{"toy":{"toys":[],"games":[]}}`, 1) {
		t.Errorf("before %s, after %s", before, after)
	}
	found, err := w.Find(journal.Match{Committed: new(true)})
	if err != nil || len(found.Calls) != 0 {
		t.Errorf("%v: committed %+v", err, found.Calls)
	}
}
