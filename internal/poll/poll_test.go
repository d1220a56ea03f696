package poll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// look is what one look comes to.
type look struct {
	status string
	err    error
	named  time.Duration
	takes  time.Duration
}

// script answers looks from a list; the last one is repeated.
type script struct {
	looks []look
	at    []time.Duration // of the looks
	start time.Time
}

func (s *script) look(ctx context.Context) (*string, time.Duration, error) {
	s.at = append(s.at, time.Since(s.start))
	next := s.looks[min(len(s.at), len(s.looks))-1]
	if next.takes > 0 {
		select {
		case <-time.After(next.takes):
		case <-ctx.Done():
			if next.status == "" {
				return nil, 0, &agentclients.Error{Attempts: 1, Err: ctx.Err()}
			}
		}
	}
	if next.err != nil {
		return nil, next.named, next.err
	}
	return &next.status, next.named, nil
}

func stateOf(status *string) (State, string) {
	switch *status {
	case "pending", "executing":
		return Running, *status
	case "completed", "failed":
		return Ended, *status
	case "paused":
		return InputRequired, *status
	}
	return Unknown, *status
}

// wait waits for what a script says, and returns what it saw.
func wait(ctx context.Context, looks ...look) (last string, s *script, progress []string, err error) {
	s = &script{looks: looks, start: time.Now()}
	value, err := Wait(ctx, Poll[*string]{
		Provider: "test", Op: "wait for task", ID: "task_1", Ceiling: 5 * time.Second, Look: s.look, State: stateOf,
		Progress: func(status *string) { progress = append(progress, *status) },
	})
	if value != nil {
		last = *value
	}
	return last, s, progress, err
}

func status(code int) error { return &agentclients.Error{StatusCode: code, Attempts: 3} }

func TestWait(t *testing.T) {
	lost := &agentclients.Error{Attempts: 3, Err: errors.New("connection reset")}
	unreadable := &agentclients.Error{StatusCode: 200, Attempts: 1, Err: agentclients.ErrDecode}
	repeat := func(n int, l look) []look {
		var looks []look
		for range n {
			looks = append(looks, l)
		}
		return looks
	}
	running, done := look{status: "executing"}, look{status: "completed"}
	for _, test := range []struct {
		name  string
		looks []look
		last  string
		err   error // nil: none; a status: that of the error
	}{
		{"at once", []look{done}, "completed", nil},
		{"after a while", []look{{status: "pending"}, running, running, done}, "completed", nil},
		{"an end that is not good", []look{running, {status: "failed"}}, "failed", nil},
		{"waits for the caller", []look{running, {status: "paused"}, done}, "paused", agentclients.ErrInputRequired},
		{"a failed look", []look{running, {err: status(502)}, done}, "completed", nil},
		{"failed looks in a row", append(append([]look{running}, repeat(5, look{err: status(502)})...), done), "completed", nil},
		{"too many in a row", append([]look{running}, repeat(6, look{err: status(502)})...), "executing", agentclients.ErrServer},
		{"a good look resets the count", append(append(append([]look{running}, repeat(5, look{err: lost})...), running), append(repeat(5, look{err: lost}), done)...), "completed", nil},
		{"unreadable looks", []look{running, {err: unreadable}, {err: status(429)}, {err: status(408)}, done}, "completed", nil},
		{"not there yet", []look{{err: status(404)}, {err: status(404)}, {status: "pending"}, done}, "completed", nil},
		{"never there", repeat(6, look{err: status(404)}), "", agentclients.ErrNotFound},
		{"404 has a count of its own", append(append(repeat(4, look{err: status(404)}), repeat(4, look{err: status(502)})...), done), "completed", nil},
		{"gone", []look{running, {err: status(404)}, done}, "executing", agentclients.ErrNotFound},
		{"refused", []look{running, {err: status(401)}, done}, "executing", agentclients.ErrUnauthorized},
		{"forbidden at once", []look{{err: status(403)}, done}, "", agentclients.ErrForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				last, s, progress, err := wait(t.Context(), test.looks...)
				if last != test.last || !errors.Is(err, test.err) {
					t.Errorf("got %q, %v", last, err)
				}
				var e *agentclients.Error
				if err != nil && (!errors.As(err, &e) || e.ResourceID != "task_1") {
					t.Errorf("the error does not say what was waited for: %v", err)
				}
				want := 0
				for _, l := range test.looks[:len(s.at)] {
					if l.err == nil {
						want++
					}
				}
				if len(progress) != want {
					t.Errorf("progress was told of %q, %d looks succeeded", progress, want)
				}
			})
		})
	}
}

// What a status means that nobody knows is not guessed.
func TestUnknownStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last, s, _, err := wait(t.Context(), look{status: "executing"}, look{status: "timed_out"})
		if last != "timed_out" || err == nil || !strings.Contains(err.Error(), `"timed_out"`) || len(s.at) != 2 {
			t.Errorf("got %q, %v after %d looks", last, err, len(s.at))
		}
	})
}

// Waits grow to the ceiling and are random; the server's wait is longer only.
func TestWaitsBetweenLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := make([]look, 20)
		for i := range looks {
			looks[i].status = "executing"
		}
		looks[18].named, looks[17].named = time.Minute, time.Millisecond
		_, s, _, err := wait(t.Context(), append(looks, look{status: "completed"})...)
		if err != nil {
			t.Fatal(err)
		}
		whole := 500 * time.Millisecond
		different := map[time.Duration]bool{}
		for i := 1; i < len(s.at); i++ {
			between := s.at[i] - s.at[i-1]
			if i == 19 {
				if between != time.Minute {
					t.Errorf("the server's wait was not sat out: %v", between)
				}
				continue
			}
			if between < whole/2 || between > whole {
				t.Errorf("wait %d is %v, not %v … %v", i, between, whole/2, whole)
			}
			different[between] = true
			whole = min(whole*3/2, 5*time.Second)
		}
		if len(different) < 15 {
			t.Errorf("the waits are alike: %v", s.at)
		}
	})
}

// When the context ends, so does the wait, with what was seen last.
func TestDeadline(t *testing.T) {
	for name, test := range map[string]struct {
		looks []look
		last  string
	}{
		"between looks":         {[]look{{status: "executing"}, {status: "executing"}, {status: "executing", named: 5 * time.Second}}, "executing"},
		"in a look":             {[]look{{status: "executing"}, {takes: time.Hour}}, "executing"},
		"in the server's wait":  {[]look{{status: "executing"}, {err: &agentclients.Error{StatusCode: 429, RetryAfter: time.Minute, Attempts: 1}}}, "executing"},
		"before the first look": {[]look{{takes: time.Hour}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("closing time"))
				defer cancel()
				start := time.Now()
				last, _, _, err := wait(ctx, test.looks...)
				var e *agentclients.Error
				if last != test.last || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.ResourceID != "task_1" || !strings.Contains(err.Error(), "closing time") {
					t.Errorf("got %q, %v", last, err)
				}
				if test.last != "" && !strings.Contains(err.Error(), fmt.Sprintf("%q", test.last)) {
					t.Errorf("the last status is not in %v", err)
				}
				if elapsed := time.Since(start); elapsed != time.Second {
					t.Errorf("it took %v", elapsed)
				}
			})
		})
	}
	t.Run("a result that is there wins", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			last, _, _, err := wait(ctx, look{status: "completed", takes: 2 * time.Second})
			if last != "completed" || err != nil {
				t.Errorf("got %q, %v", last, err)
			}
		})
	})
	t.Run("nil", func(t *testing.T) {
		var none context.Context
		refusal := &agentclients.Error{Err: agentclients.ErrInvalidRequest}
		if _, s, _, err := wait(none, look{err: refusal}); !errors.Is(err, refusal) || len(s.at) != 1 {
			t.Errorf("%d looks, %v", len(s.at), err)
		}
	})
	t.Run("before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, s, _, err := wait(ctx, look{status: "completed"})
		if !errors.Is(err, context.Canceled) || len(s.at) != 0 {
			t.Errorf("%d looks, %v", len(s.at), err)
		}
	})
}
