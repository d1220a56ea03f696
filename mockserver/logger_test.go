package mockserver

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// logFunc is a slog.Handler that is a function.
type logFunc func(slog.Record)

func (logFunc) Enabled(context.Context, slog.Level) bool        { return true }
func (f logFunc) Handle(_ context.Context, r slog.Record) error { f(r); return nil }
func (f logFunc) WithAttrs([]slog.Attr) slog.Handler            { return f }
func (f logFunc) WithGroup(string) slog.Handler                 { return f }

// A logger may use the server that it logs for, in every way: it is called
// without a lock.
func TestLoggerMayUseTheServer(t *testing.T) {
	var server *Server
	logged := 0
	config := Config{Logger: slog.New(logFunc(func(slog.Record) {
		logged++
		server.Calls(journal.Match{})
		server.Agents(Omniflow)
		server.Restore(server.Snapshot()) //nolint:errcheck // it was just made
		server.SetSeed(nil)               //nolint:errcheck // none is fine
		server.Advance(1)
		server.Namespace("a").Rules()
		server.DropNamespace("a")
		server.Reset(PartStalls) //nolint:errcheck // the part exists
	}))}
	server = testServer(t, config)
	server.Fail(OmniflowCreateAgent, fault.Status(500), fault.Truncate(1), fault.SlowBody(10, 0))
	for range 4 {
		func() {
			defer func() { recover() }() //nolint:errcheck // how a fault ends a connection
			send(server, "POST", "/omniflow"+omniflowAgents, "k", `{"name":"a"}`)
		}()
	}
	if logged != 4 {
		t.Errorf("%d of 4 requests were logged", logged)
	}
}

// A log call that does not return keeps its own request, and nobody else.
func TestLogThatHangsKeepsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, first := make(chan bool), true
		server := StartInMemory(t, Config{Logger: slog.New(logFunc(func(slog.Record) {
			if first {
				first = false
				<-release
			}
		}))})
		done := make(chan exchanged, 1)
		go func() { done <- createOmniflow(server.Namespace("")) }()
		synctest.Wait()
		for range 3 {
			if got := createOmniflow(server.Namespace("")); got.status != 200 {
				t.Errorf("%+v", got)
			}
		}
		if n := len(server.Agents(Omniflow)); n != 4 || len(server.Calls(journal.Match{Outcome: journal.Complete})) != 4 {
			t.Errorf("%d agents", n)
		}
		close(release)
		if got := <-done; got.status != 200 {
			t.Errorf("%+v", got)
		}
	})
}
