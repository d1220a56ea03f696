package engine

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// Wherever somebody wants to move a clock to, it is refused, or it stays where
// every API can still tell the time.
func TestClockStaysBetween1970And9999(t *testing.T) {
	end := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	w := newToyEngine(t, Config{}).Main()
	for _, wrong := range []time.Time{{}, time.Unix(-1, 0), end.Add(time.Second), time.Date(292277026596, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600*2))} {
		if err := w.SetTime(wrong); err == nil || !w.Now().Before(end) {
			t.Errorf("SetTime(%s): error is %v, it is %s", wrong, err, w.Now())
		}
	}
	for _, stopped := range []bool{true, false} {
		if stopped {
			if err := w.SetTime(end); err != nil {
				t.Fatal(err)
			}
		} else if err := w.Reset(PartClock); err != nil {
			t.Fatal(err)
		}
		for range 40 { // 290 years each: together more than a Duration holds
			w.Advance(290 * 365 * 24 * time.Hour) //nolint:errcheck // the last ones are refused
		}
		before := w.Now()
		if err := w.Advance(math.MaxInt64); err == nil || before.Year() < 9700 || w.Now().Sub(before) > time.Minute {
			t.Errorf("forth: error is %v, it was %s and is %s", err, before, w.Now())
		}
		for range 40 {
			w.Advance(-290 * 365 * 24 * time.Hour) //nolint:errcheck // the last ones are refused
		}
		if err := w.Advance(math.MinInt64); err == nil || w.Now().Year() < 1970 || w.Now().Year() > 2262 {
			t.Errorf("back: error is %v, it is %s", err, w.Now())
		}
	}
}

// A clock of the configuration that runs wild stops no request, and every id
// and time is still one.
func TestNoClockStopsARequest(t *testing.T) {
	for _, now := range []time.Time{{}, time.Unix(-1<<40, 0), time.Unix(1<<60, 0), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		e := newToyEngine(t, Config{Now: func() time.Time { return now }, ClockStep: math.MaxInt64})
		w := e.Main()
		for range 50 {
			if got := send(e, "POST", "/toy/toys", "k", `{"name":"a"}`); got != http.StatusCreated {
				t.Fatalf("at %s: status %d", now, got)
			}
		}
		if got := w.Now(); got.Year() < 1970 || got.Year() > 9999 {
			t.Errorf("it is %s", got)
		}
		if w.Summary(0).Panics.Count > 0 {
			t.Errorf("at %s: %v", now, w.Summary(0).Panics.Lines)
		}
	}
	e := newToyEngine(t, Config{Now: func() time.Time { return latest }, ClockStep: time.Hour})
	send(e, "GET", "/toy/toys", "k", "")
	send(e, "GET", "/toy/toys", "k", "")
	if got := e.Main().Now(); !got.Equal(latest) {
		t.Errorf("a step beyond the end of time leads to %s", got)
	}
}

// idWorld is a world for which ids are made; only its time can be told.
type idWorld struct {
	emulate.World
	w *World
}

func (i idWorld) Now() time.Time                          { return i.w.now() }
func (i idWorld) Entropy(kind string, n int) []byte       { return i.w.entropy("toy", kind, n) }
func (i idWorld) Later(kind string, id [16]byte) [16]byte { return i.w.ids.later(kind, id) }

// Ids that begin with the time are in the order of their making, also within
// a millisecond and when the clock goes back.
func TestTimedIDsAreInTheOrderOfTheirMaking(t *testing.T) {
	for _, deterministic := range []bool{false, true} {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		w := idWorld{w: newToyEngine(t, Config{Deterministic: deterministic, Now: func() time.Time { return now }}).Main()}
		for name, make := range map[string]func(emulate.World, string) string{"ULID": emulate.ULID, "UUID": emulate.TimeOrderedHex} {
			last := ""
			for i := range 3000 {
				switch {
				case i == 1000:
					now = now.Add(time.Millisecond)
				case i == 2000:
					now = now.Add(-time.Hour)
				}
				id := make(w, "x")
				if id <= last {
					t.Fatalf("%s %d: %s comes after %s", name, i, id, last)
				}
				last = id
			}
			now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			w.w.Reset(PartIDs) //nolint:errcheck // the part exists
		}
	}
}

// An id can be made at any time that a World tells, also at one that no clock
// of ours does.
func TestNoTimeStopsAnID(t *testing.T) {
	for _, now := range []time.Time{{}, time.Unix(-1<<40, 0), time.Unix(1<<50, 0), time.UnixMilli(math.MaxInt64)} {
		w := anyTime{idWorld{w: newToyEngine(t, Config{}).Main()}, now}
		if id := emulate.ULID(w, "x"); len(id) != 26 {
			t.Errorf("at %s: ULID %q", now, id)
		}
		if id := emulate.TimeOrderedHex(w, "x"); len(id) != 32 {
			t.Errorf("at %s: UUID %q", now, id)
		}
	}
}

type anyTime struct {
	idWorld
	now time.Time
}

func (a anyTime) Now() time.Time { return a.now }
