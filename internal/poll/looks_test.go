package poll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLooksEndWithWhatTheyFind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			finds, want int
			after       time.Duration
		}{{1, 1, 0}, {2, 2, 500 * time.Millisecond}, {3, 3, 2 * time.Second}, {4, 3, 2 * time.Second}} {
			start, looked := time.Now(), 0
			found := Looks(t.Context(), func() bool {
				looked++
				return looked == test.finds
			})
			if found != (test.finds <= 3) || looked != test.want || time.Since(start) != test.after {
				t.Errorf("%+v: found %v after %d looks and %v", test, found, looked, time.Since(start))
			}
		}
	})
}

func TestLooksEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("closing time")
		ctx, cancel := context.WithCancelCause(t.Context())
		looked, start := 0, time.Now()
		time.AfterFunc(time.Second, func() { cancel(why) })
		if Looks(ctx, func() bool { looked++; return false }) || looked != 2 || time.Since(start) != time.Second {
			t.Errorf("%d looks in %v", looked, time.Since(start))
		}
		lost := errors.New("reset")
		err := Interrupted(ctx, "message", lost)
		for _, want := range []error{context.Canceled, why, lost} {
			if !errors.Is(err, want) {
				t.Errorf("%v is not %v", err, want)
			}
		}
		if got := Interrupted(ctx, "message", context.Canceled); got != context.Canceled {
			t.Errorf("said twice: %v", got)
		}
		if got := Interrupted(ctx, "message", nil); !errors.Is(got, why) {
			t.Errorf("without a cause before: %v", got)
		}
		if got := Interrupted(t.Context(), "message", lost); got != lost {
			t.Errorf("the context did not end: %v", got)
		}
	})
}
