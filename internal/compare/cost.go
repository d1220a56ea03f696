package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"time"
)

// cost is what one create costs.
type cost struct {
	allocations, bytes int
	canned, socket     pace
}

// pace is how long something takes.
type pace struct {
	time  time.Duration
	ratio float64 // to by hand
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
		Status: "201 Created", StatusCode: http.StatusCreated, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)), Request: request,
	}, nil
}

// connectCanned returns the create of a subject without a network.
func connectCanned(s subject) create {
	return s.connect(server, &http.Client{Transport: canned(s.answer)})
}

// connectSocket returns the create of a subject through the loopback
// interface, and what ends it.
func connectSocket(s subject) (call create, stop func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // the client tells
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		w.Write(s.answer) //nolint:errcheck // the client tells
	}))
	return s.connect(server.URL, server.Client()), server.Close
}

// each calls a create a number of times.
func (c create) each(times int) error {
	for range times {
		if err := c(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// allocate counts what one create allocates.
func allocate(s subject) (allocations, bytes int, err error) {
	const calls = 200
	call := connectCanned(s)
	if err := call.each(calls); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", s.name, err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	err = call.each(calls)
	runtime.ReadMemStats(&after)
	return int(after.Mallocs-before.Mallocs) / calls, int(after.TotalAlloc-before.TotalAlloc) / calls, err
}

// race measures how long creates take beside the one by hand: many short
// rounds of each in turn, so that whatever else the machine does hits both,
// and the medians of the rounds.
func race(hand, other create, rounds int) (pace, error) {
	const calls = 20
	took := func(call create) (time.Duration, error) {
		began := time.Now()
		err := call.each(calls)
		return time.Since(began) / calls, err
	}
	times, ratios := make([]time.Duration, rounds), make([]float64, rounds)
	for i := range rounds {
		calls := []create{hand, other}
		if i%2 == 1 {
			slices.Reverse(calls)
		}
		first, err := took(calls[0])
		if err != nil {
			return pace{}, err
		}
		second, err := took(calls[1])
		if err != nil {
			return pace{}, err
		}
		if i%2 == 1 {
			first, second = second, first
		}
		times[i], ratios[i] = second, second.Seconds()/first.Seconds()
	}
	return pace{median(times), median(ratios)}, nil
}

func median[T int | float64 | time.Duration](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// measure returns what a create costs.
func measure(s subject, rounds int) (c cost, err error) {
	if c.allocations, c.bytes, err = allocate(s); err != nil {
		return c, err
	}
	if c.canned, err = race(connectCanned(subjects()[0]), connectCanned(s), rounds); err != nil {
		return c, fmt.Errorf("%s: %w", s.name, err)
	}
	hand, stopHand := connectSocket(subjects()[0])
	defer stopHand()
	call, stop := connectSocket(s)
	defer stop()
	if c.socket, err = race(hand, call, rounds); err != nil {
		return c, fmt.Errorf("%s through a socket: %w", s.name, err)
	}
	return c, nil
}
