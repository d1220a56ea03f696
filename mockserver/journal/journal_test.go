package journal

import "testing"

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		count                    Count
		n                        int
		holds, exceeded, certain bool
		words                    string
	}{
		{Exactly(2), 1, false, false, false, "2"},
		{Exactly(2), 2, true, false, false, "2"},
		{Exactly(2), 3, false, true, false, "2"},
		{Exactly(0), 0, true, false, false, "0"},
		{Exactly(-1), 0, false, true, false, "-1"},
		{AtLeast(2), 1, false, false, false, "at least 2"},
		{AtLeast(2), 2, true, false, true, "at least 2"},
		{AtMost(2), 0, true, false, false, "at most 2"},
		{AtMost(2), 3, false, true, false, "at most 2"},
	} {
		if holds, exceeded, certain := c.count.Holds(c.n), c.count.Exceeded(c.n), c.count.Certain(c.n); holds != c.holds || exceeded != c.exceeded || certain != c.certain {
			t.Errorf("%s of %d: %t %t %t", c.count, c.n, holds, exceeded, certain)
		}
		if got := c.count.String(); got != c.words {
			t.Errorf("%s, want %s", got, c.words)
		}
	}
}
