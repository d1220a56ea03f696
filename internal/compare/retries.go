package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The functions of this file wait: they are for virtual time.

// refused is the body of a response that refuses a request, in a form that all
// subjects can read. It is a page long, as many are.
var refused = []byte(`{"error":{"code":"rate_limit_exceeded","type":"rate_limit_error","message":"slow down` + strings.Repeat(".", 8<<10) + `"}}`)

// arrivals is what reaches a server.
type arrivals struct {
	creates int // requests that create
	made    int // agents that there are then
}

// commitAndReset counts what one create comes to at a server that carries
// every create out, and resets the connection before it responds. Before, it
// did respond to one: the connection is a kept one.
func commitAndReset(s subject) (arrivals, error) {
	var count arrivals
	known := map[string]bool{}
	n := newNetwork(func(number int, request *http.Request, body []byte) response {
		if number == 1 {
			return response{status: http.StatusCreated, body: s.answer}
		}
		if request.Method == http.MethodPost {
			count.creates++
			key := ""
			if s.key != nil {
				key = s.key(request.Header, body)
			}
			if key == "" || !known[key] {
				count.made++
			}
			known[key] = true
		}
		return response{reset: true}
	})
	defer n.close()
	call := s.connect(server, n.client)
	if err := call(context.Background()); err != nil {
		return count, fmt.Errorf("%s: a create that works: %w", s.name, err)
	}
	if err := call(context.Background()); err == nil {
		return count, fmt.Errorf("%s: a create without a response is no error", s.name)
	}
	return count, nil
}

// server is where the servers in memory are.
const server = "http://api.localhost"

// turns is what it takes to make a number of agents.
type turns struct {
	connections, requests int
	errors                int // that the caller gets, and calls again
}

// failAndSucceed counts what it takes to make agents at a server that refuses
// every other request with 429.
func failAndSucceed(s subject, agents int) (turns, error) {
	n := newNetwork(func(number int, _ *http.Request, _ []byte) response {
		if number%2 == 1 {
			return response{status: http.StatusTooManyRequests, body: refused}
		}
		return response{status: http.StatusCreated, body: s.answer}
	})
	defer n.close()
	call := s.connect(server, n.client)
	var count turns
	for made := 0; made < agents; {
		if err := call(context.Background()); err == nil {
			made++
		} else if count.errors++; count.errors > agents {
			return count, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	count.connections, count.requests = int(n.connections.Load()), n.requests
	return count, nil
}

// retryAfter is what a subject does about a wait that the server asks for.
type retryAfter struct {
	requests int
	took     time.Duration
}

// longest bounds a call that waits.
const longest = 30 * 24 * time.Hour

// obey makes one create at a server that refuses all with 429 and a
// Retry-After.
func obey(s subject, after string) (retryAfter, error) {
	n := newNetwork(func(int, *http.Request, []byte) response {
		return response{status: http.StatusTooManyRequests, header: "Retry-After: " + after + "\r\n", body: refused}
	})
	defer n.close()
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	began := time.Now()
	if err := s.connect(server, n.client)(ctx); err == nil {
		return retryAfter{}, fmt.Errorf("%s: a refused create is no error", s.name)
	}
	return retryAfter{requests: n.requests, took: time.Since(began)}, nil
}
