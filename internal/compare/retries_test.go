package main

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// inVirtualTime runs a test for every subject.
func inVirtualTime(t *testing.T, test func(*testing.T, subject)) {
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, s) })
		})
	}
}

func isOurs(s subject) bool { return strings.HasPrefix(s.name, "ours") }

// retrying are the subjects of others that try more than once.
var retrying = []string{"openai-go", "anthropic-sdk-go", "hcloud-go", "stripe-go", "resty, SetRetryCount"}

func retries(s subject) bool {
	return slices.ContainsFunc(retrying, func(name string) bool { return strings.HasPrefix(s.name, name) })
}

// A server carries a create out and resets the connection: ours make one
// agent, and send a create without a key once.
func TestCreatesThatArrive(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, s subject) {
		count, err := commitAndReset(s)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(count)
		switch {
		case isOurs(s) && count.made != 1:
			t.Errorf("%d agents are made", count.made)
		case isOurs(s) && s.key == nil && count.creates != 1:
			t.Errorf("%d creates arrive", count.creates)
		case isOurs(s) && s.key != nil && count.creates < 2:
			t.Error("a create with a key is not repeated")
		case s.name == "by hand" && count != arrivals{1, 1}:
			t.Errorf("by hand it is %v: the count is wrong", count)
		case s.name == "resty, SetRetryCount(2)" && count != arrivals{3, 3}:
			t.Errorf("of three tries %v are counted: the count is wrong", count)
		}
	})
}

// Every other create is refused: ours repeat it by themselves, on one
// connection.
func TestTurnsOfFailureAndSuccess(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, s subject) {
		count, err := failAndSucceed(s, 10)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(count)
		if want := (turns{connections: 1, requests: 20}); isOurs(s) && count != want {
			t.Errorf("%v, want %v", count, want)
		}
		if want := (turns{connections: 1, requests: 20, errors: 10}); s.name == "by hand" && count != want {
			t.Errorf("by hand it is %v, not %v: the count is wrong", count, want)
		}
	})
}

// A wait that is longer than the policy allows is not begun, and none makes a
// storm of requests.
func TestRetryAfter(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, s subject) {
		for _, after := range waits {
			did, err := obey(s, after)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(after, did)
			switch {
			case !isOurs(s):
			case after == "0" && (did.requests != 3 || did.took == 0):
				t.Errorf("Retry-After 0: %v", did)
			case after != "0" && (did.requests != 1 || did.took > time.Second):
				t.Errorf("Retry-After %s: %v", after, did)
			}
		}
	})
}
