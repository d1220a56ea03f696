package httpheader

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, test := range map[string]struct {
			date string
			want time.Duration // from now on
		}{
			"no date":              {"", 0},
			"no date in it":        {"yesterday", 0},
			"the same clock":       {now.UTC().Format(http.TimeFormat), 0},
			"a slow response":      {now.Add(-5 * time.Second).UTC().Format(http.TimeFormat), 0},
			"a clock that is fast": {now.Add(time.Hour).UTC().Format(http.TimeFormat), time.Hour},
			"a clock that is slow": {now.Add(-time.Hour).UTC().Format(http.TimeFormat), -time.Hour},
		} {
			if got := Now(http.Header{"Date": {test.date}}).Sub(now); got != test.want {
				t.Errorf("%s: %v, not %v", name, got, test.want)
			}
		}
	})
}
