// Package benchmark compares calls of a client with the same calls
// written by hand on net/http and encoding/json. Both get canned responses, so
// that only their own work is measured.
package benchmark

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"
)

// Comparison is one create call, made in two ways.
type Comparison struct {
	// Answer is the body that every request gets, with status 201.
	Answer []byte
	// Client makes the call through a client of this module that sends with
	// the given http.Client.
	Client func(*http.Client) func(context.Context) error
	// ByHand makes it with the given http.Client directly.
	ByHand func(*http.Client) func(context.Context) error
}

// Bar is how many allocations a client may add to a call by hand.
const Bar = 15

// Run measures both calls, and the call by hand once more with a timeout,
// which the client always has. Ratio has them in turn.
func (c Comparison) Run(b *testing.B) {
	for _, way := range []struct {
		name string
		call func(context.Context) error
	}{
		{"ByHand", c.ByHand(c.httpClient())},
		{"Client", c.Client(c.httpClient())},
		{"ByHandWithTimeout", withTimeout(c.ByHand(c.httpClient()))},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := way.call(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("Ratio", c.ratio)
}

// ratio compares the time of the client with that by hand, in many short
// rounds of each in turn, so that whatever else the machine does hits both, and
// takes the median of the rounds.
func (c Comparison) ratio(b *testing.B) {
	const calls = 50
	took := func(call func(context.Context) error) float64 {
		began := time.Now()
		for range calls {
			if err := call(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(began).Seconds()
	}
	byHand, client := c.ByHand(c.httpClient()), c.Client(c.httpClient())
	var ratios []float64
	for b.Loop() {
		if len(ratios)%2 == 0 {
			before := took(byHand)
			ratios = append(ratios, took(client)/before)
		} else {
			before := took(client)
			ratios = append(ratios, before/took(byHand))
		}
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(0, "ns/op")
}

func withTimeout(call func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return call(ctx)
	}
}

// CheckAllocations fails the test if the client allocates more than by hand
// plus Bar.
func (c Comparison) CheckAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates, too")
	}
	count := func(call func(context.Context) error) float64 {
		return testing.AllocsPerRun(100, func() {
			if err := call(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
	byHand, client := count(c.ByHand(c.httpClient())), count(c.Client(c.httpClient()))
	t.Logf("allocations: %v by hand, %v with the client", byHand, client)
	if client > byHand+Bar {
		t.Errorf("the client allocates %v times, by hand %v: at most %d more are allowed", client, byHand, Bar)
	}
}

func (c Comparison) httpClient() *http.Client {
	return &http.Client{Transport: canned(c.Answer)}
}

// canned responds to every request with the same body.
type canned []byte

func (body canned) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return nil, err
		}
		request.Body.Close()
	}
	return &http.Response{
		Status:        "201 Created",
		StatusCode:    http.StatusCreated,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       request,
	}, nil
}

// Post is the call by hand: it encodes a request, sends it, and decodes the
// response.
func Post[Answer any](ctx context.Context, client *http.Client, url string, header map[string]string, request any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return json.Unmarshal(body, new(Answer))
}
