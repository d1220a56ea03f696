package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// allowed is how many allocations ours may have over by hand.
const allowed = 15

func TestAllocations(t *testing.T) {
	count := func(s subject) int {
		allocations, _, err := allocate(s)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d", s.name, allocations)
		return allocations
	}
	hand, ours, others := 0, 0, 1<<30
	for _, s := range subjects() {
		switch n := count(s); {
		case s.name == "by hand":
			hand = n
		case isOurs(s):
			ours = max(ours, n)
		case retries(s):
			others = min(others, n)
		}
	}
	if ours > hand+allowed {
		t.Errorf("%d allocations, %d by hand: at most %d more are allowed", ours, hand, allowed)
	}
	if ours >= others {
		t.Errorf("%d allocations; one of others that retries has %d", ours, others)
	}
}

// recorder notes how long the body of the last request is.
type recorder struct {
	answer []byte
	size   int
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	r.size = len(body)
	request.Body = io.NopCloser(strings.NewReader(""))
	return canned(r.answer).RoundTrip(request)
}

// All creates send about as much, and get the same.
func TestSizes(t *testing.T) {
	for _, s := range subjects() {
		sent := &recorder{answer: s.answer}
		if err := s.connect(server, &http.Client{Transport: sent})(t.Context()); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		t.Logf("%s: %d bytes", s.name, sent.size)
		if sent.size < 450 || sent.size > 650 {
			t.Errorf("%s sends %d bytes", s.name, sent.size)
		}
		if len(s.answer) != answerSize {
			t.Errorf("%s gets %d bytes", s.name, len(s.answer))
		}
	}
}
