package mockserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// exampleTB stands for the *testing.T of a test. It collects what the test
// would do at its end.
type exampleTB struct {
	cleanups []func()
	failed   bool
}

func (tb *exampleTB) Helper()                   {}
func (tb *exampleTB) Name() string              { return "example" }
func (tb *exampleTB) Failed() bool              { return tb.failed }
func (tb *exampleTB) Cleanup(f func())          { tb.cleanups = append(tb.cleanups, f) }
func (tb *exampleTB) Logf(string, ...any)       {}
func (tb *exampleTB) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func (tb *exampleTB) Errorf(format string, args ...any) {
	tb.failed = true
	fmt.Printf(format+"\n", args...)
}

func (tb *exampleTB) end() {
	for _, f := range tb.cleanups {
		f()
	}
}

// createAgent creates an agent as a client of xpander would. It returns what
// became of it.
func createAgent(mock *mockserver.Namespace, name string) string {
	body, _ := json.Marshal(map[string]string{"name": name})
	request, err := http.NewRequest(http.MethodPost, mock.URL(mockserver.Xpander)+"/v1/agents", bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("X-Api-Key", "any")
	request.Header.Set("Content-Type", "application/json")
	response, err := mock.Client().Do(request)
	switch {
	case errors.Is(err, io.EOF):
		return "no response"
	case err != nil:
		return err.Error()
	}
	defer response.Body.Close()
	return response.Status
}

func ExampleNew() {
	mock, err := mockserver.New(mockserver.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(mock)
	defer server.Close()

	request, _ := http.NewRequest(http.MethodPost, server.URL+"/xpander/v1/agents", strings.NewReader(`{"name":"Ada"}`))
	request.Header.Set("X-Api-Key", "any")
	request.Header.Set("Content-Type", "application/json")
	response, err := server.Client().Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	fmt.Println(response.Status, mock.Agents(mockserver.Xpander)[0].Name)
	// Output: 201 Created Ada
}

func ExampleStartInMemory() {
	t := new(exampleTB) // in a test: its *testing.T
	defer t.end()
	mock := mockserver.StartInMemory(t, mockserver.Config{})
	world := mock.Namespace("") // the default one
	fmt.Println(mock.URL(mockserver.Xpander))
	fmt.Println(createAgent(world, "Ada"))
	// Output:
	// http://mock.localhost/xpander
	// 201 Created
}

// One create, and two agents: the first response was lost on its way.
func ExampleNamespace_Fail() {
	t := new(exampleTB)
	defer t.end()
	mock := mockserver.StartInMemory(t, mockserver.Config{}).Namespace("")
	mock.Fail(mockserver.XpanderCreateAgent, fault.Drop(fault.AfterCommit))
	fmt.Println(createAgent(mock, "Ada"))
	fmt.Println(createAgent(mock, "Ada")) // a careless retry
	fmt.Println(len(mock.Agents(mockserver.Xpander)), "agents")
	// Output:
	// no response
	// 201 Created
	// 2 agents
}

func ExampleNamespace_AddRule() {
	t := new(exampleTB)
	defer t.end()
	mock := mockserver.StartInMemory(t, mockserver.Config{}).Namespace("")
	rule := mock.AddRule(fault.Rule{Op: mockserver.XpanderCreateAgent, Match: journal.Match{JSON: map[string]any{"/name": "Ada"}}, Skip: 1, Times: 2, Do: []fault.Fault{fault.Status(503)}})
	for _, name := range []string{"Ada", "Ada", "Bob", "Ada", "Ada"} {
		fmt.Println(name, createAgent(mock, name))
	}
	fmt.Println("fired", rule.Fired(), "times")
	// Output:
	// Ada 201 Created
	// Ada 503 Service Unavailable
	// Bob 201 Created
	// Ada 503 Service Unavailable
	// Ada 201 Created
	// fired 2 times
}

func ExampleNamespace_AssertCalls() {
	t := new(exampleTB)
	defer t.end()
	mock := mockserver.StartInMemory(t, mockserver.Config{}).Namespace("")
	createAgent(mock, "Ada")
	mock.AssertMatches(t, journal.Match{Op: mockserver.XpanderCreateAgent, JSON: map[string]any{"/name": "Ada"}}, journal.Exactly(1))
	mock.AssertMatches(t, journal.Match{Op: mockserver.XpanderCreateAgent, JSON: map[string]any{"/name": "Bob"}}, journal.Exactly(1))
	// Output:
	// mockserver: 0 calls match, want 1: op xpander.CreateAgent, json /name "Bob"
	//   nearest of 1 others: call 1: xpander.CreateAgent POST /xpander/v1/agents -> 201
	//     json /name: want "Bob", got "Ada"
}

func ExampleNamespace_Wait() {
	t := new(exampleTB)
	defer t.end()
	mock := mockserver.StartInMemory(t, mockserver.Config{}).Namespace("")
	go createAgent(mock, "Ada")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	calls, err := mock.Wait(ctx, 1, journal.Match{Outcome: journal.Complete})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(calls[0].Op, calls[0].Status, calls[0].Header.Get("X-Api-Key"))
	// Output: xpander.CreateAgent 201 [redacted]
}

func ExampleServer_Namespace() {
	t := new(exampleTB)
	defer t.end()
	mock := mockserver.StartInMemory(t, mockserver.Config{})
	one, two := mock.Namespace("one"), mock.Namespace("two")
	createAgent(one, "Ada")
	fmt.Println(one.URL(mockserver.Xpander))
	fmt.Println(len(one.Agents(mockserver.Xpander)), len(two.Agents(mockserver.Xpander)))
	// Output:
	// http://mock.localhost/_ns/one/xpander
	// 1 0
}

func ExampleNamespace_Snapshot() {
	t := new(exampleTB)
	defer t.end()
	mock := mockserver.StartInMemory(t, mockserver.Config{})
	createAgent(mock.Namespace(""), "Ada")

	seeded := mockserver.StartInMemory(t, mockserver.Config{Seed: mock.Snapshot()})
	fmt.Println(seeded.Agents(mockserver.Xpander)[0].Name)
	// Output: Ada
}

func ExampleParseRule() {
	rule, err := fault.ParseRule([]byte(`{"op":"orq.CreateAgent","times":1,"stage":"after-commit","do":[{"delay":"50ms"},{"drop":{}}]}`))
	fmt.Println(rule.Op, rule.Do, err)
	_, err = fault.ParseRule([]byte(`{"op":"orq.CreateAgent","do":[{"dorp":{}}]}`))
	fmt.Println(strings.SplitAfter(err.Error(), ";")[0])
	// Output:
	// orq.CreateAgent [{"delay":"50ms"} {"drop":{}}] <nil>
	// rule: unknown fault "dorp";
}
