package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/pipenet"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// mock is an engine that is served in memory.
type mock struct {
	*Engine
	t      *testing.T
	client *http.Client
}

// serve serves an engine until the test ends. Call it inside of a bubble.
func serve(t *testing.T, config Config) *mock {
	t.Helper()
	e := newToyEngine(t, config)
	listener := pipenet.NewListener()
	server := &http.Server{Handler: e}
	go server.Serve(listener) //nolint:errcheck // it ends when the server closes
	transport := &http.Transport{DialContext: listener.Dial}
	t.Cleanup(func() {
		e.Close()
		transport.CloseIdleConnections()
		server.Close()
	})
	return &mock{e, t, &http.Client{Transport: transport}}
}

func (m *mock) do(ctx context.Context, method, path, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+pipenet.Host+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("X-Key", "k")
	return m.client.Do(r)
}

// read sends a request and returns the whole response.
func (m *mock) read(method, path, body string) (string, error) {
	response, err := m.do(m.t.Context(), method, path, body)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

func (m *mock) play(id, input string) {
	m.t.Helper()
	if text, err := m.read("POST", "/toy/games/"+id, input); text != "playing" || err != nil {
		m.t.Fatalf("%q %v", text, err)
	}
}

func (m *mock) script(replies ...script.Reply) {
	m.t.Helper()
	if err := m.Main().Script("toy", replies...); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mock) rule(op string, faults ...fault.Fault) {
	m.t.Helper()
	if _, err := m.Main().AddRule(fault.Rule{Op: op, Times: 1, Do: faults}); err != nil {
		m.t.Fatal(err)
	}
}

// last is the newest call in the journal.
func (m *mock) last() journal.Call {
	m.t.Helper()
	found, err := m.Main().Find(journal.Match{})
	if err != nil || len(found.Calls) == 0 {
		m.t.Fatal(err, "no call")
	}
	return found.Calls[len(found.Calls)-1]
}

func inBubble(t *testing.T, config Config, test func(*testing.T, *mock)) {
	synctest.Test(t, func(t *testing.T) { test(t, serve(t, config)) })
}

func TestStreamFollowsARun(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		m.script(script.Reply{Text: "a b", Delay: time.Second, Pace: time.Minute})
		m.play("g", "x")
		began := time.Now()
		text, err := m.read("GET", "/toy/games/g", "")
		if text != "begin\nsay a \nsay b\nend \n" || err != nil {
			t.Errorf("%q %v", text, err)
		}
		if took := time.Since(began); took != time.Minute+time.Second {
			t.Errorf("it took %s", took)
		}
		if call := m.last(); call.Outcome != journal.Complete || call.Events != 4 || call.Response != text || call.ResponseSize != len(text) {
			t.Errorf("the journal has %+v", call)
		}
	})
}

func TestWaitForARun(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		m.script(script.Reply{Text: "a", Delay: time.Hour})
		began := time.Now()
		if text, err := m.read("POST", "/toy/games/g/out", "x"); text != "begin,say a,end " || err != nil || time.Since(began) != time.Hour {
			t.Errorf("%q %v after %s", text, err, time.Since(began))
		}
		// The client goes; the run goes on.
		m.script(script.Reply{Text: "b", Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := m.do(ctx, "POST", "/toy/games/h/out", "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		synctest.Wait()
		if call := m.last(); call.Outcome != journal.ClientGone || !call.Committed {
			t.Errorf("the journal has %+v", call)
		}
		if text, _ := m.read("GET", "/toy/games/h", ""); !strings.Contains(text, "say b") {
			t.Errorf("%q", text)
		}
	})
}

// A response that takes its time is lost while its run goes on.
func TestFaultsAfterTheCommitDoNotWaitForTheRun(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		for name, f := range map[string]fault.Fault{"drop": fault.Drop(fault.AfterCommit), "status": fault.Status(502, fault.AfterCommit)} {
			m.script(script.Reply{Text: "a", Delay: time.Hour})
			m.rule("toy.PlayOut", f)
			began := time.Now()
			if text, err := m.read("POST", "/toy/games/"+name+"/out", "x"); time.Since(began) != 0 || (err == nil) != (name == "status") || strings.Contains(text, "say") {
				t.Errorf("%s: %q %v after %s", name, text, err, time.Since(began))
			}
			if text, err := m.read("GET", "/toy/games/"+name, ""); !strings.Contains(text, "say a") || err != nil {
				t.Errorf("%s: %q %v", name, text, err)
			}
		}
		// What changes the response needs it.
		m.script(script.Reply{Text: "a", Delay: time.Hour})
		m.rule("toy.PlayOut", fault.Truncate(5))
		if text, err := m.read("POST", "/toy/games/cut/out", "x"); text != "begin" || err == nil {
			t.Errorf("%q %v", text, err)
		}
	})
}

// Replies are taken by what commits a run, in order, and by nothing else.
func TestRepliesAreTakenByRuns(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		m.script(script.Reply{Text: "A"}, script.Reply{Text: "B"}, script.Reply{Text: "only for t9", Thread: "t9"}, script.Reply{Text: "C"})
		m.rule("toy.Play", fault.Drop(fault.BeforeCommit))
		if _, err := m.read("POST", "/toy/games/g1", "x"); err == nil {
			t.Error("the first request was answered")
		}
		if status := send(m.Engine, "POST", "/toy/games/g1", "", "x"); status != 401 {
			t.Errorf("without a key: %d", status)
		}
		m.rule("toy.Play", fault.Status(500, fault.BeforeCommit))
		if text, _ := m.read("POST", "/toy/games/g1", "x"); text == "playing" {
			t.Error("it was not refused")
		}
		for _, c := range [][2]string{{"g1", "A"}, {"g2", "B"}, {"g3", "C"}, {"t9", "only for t9"}, {"g4", "usual"}} {
			m.play(c[0], "x")
			if text, err := m.read("GET", "/toy/games/"+c[0], ""); strings.ReplaceAll(strings.ReplaceAll(text, "say ", ""), "\n", "") != "begin"+c[1]+"end " || err != nil {
				t.Errorf("%s: %q %v", c[0], text, err)
			}
		}
	})
}

func TestScriptFunc(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		w := m.Main()
		if err := w.ScriptFunc("toy", func(turn script.Turn) script.Reply {
			w.Now() // it may call the mock
			switch turn.Input {
			case "panic":
				panic("oh no")
			case "wrong":
				return script.Reply{Delay: -1}
			}
			return script.Echo(turn)
		}); err != nil {
			t.Fatal(err)
		}
		for input, want := range map[string]string{"hello": "say hello", "panic": "end the script panicked: oh no", "wrong": "end the script is wrong: delay is -1ns"} {
			if text, err := m.read("POST", "/toy/games/"+input+"/out", input); !strings.Contains(text, want) || err != nil {
				t.Errorf("%s: %q %v", input, text, err)
			}
		}
		m.play("later", "hi") // nobody looks yet
		if text, _ := m.read("GET", "/toy/games/later", ""); !strings.Contains(text, "say hi") {
			t.Errorf("%q", text)
		}
	})
}

// A function is also asked when nobody does more than look now and then.
func TestScriptFuncForThosePolling(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		if err := m.Main().ScriptFunc("toy", script.Echo); err != nil {
			t.Fatal(err)
		}
		m.play("g", "hello")
		if text, err := m.read("GET", "/toy/games/g/now", ""); text != "begin,say Echo: ,say hello,end " || err != nil {
			t.Errorf("%q %v", text, err)
		}
	})
}

// A run whose function is gone says what it would have said without one.
func TestRunsWithoutTheirFunction(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		if err := m.Main().ScriptFunc("toy", script.Echo); err != nil {
			t.Fatal(err)
		}
		m.play("g", "hello")
		document := m.Main().Snapshot()
		if err := m.Main().Reset(); err != nil {
			t.Fatal(err)
		}
		if err := m.Main().Restore(document); err != nil {
			t.Fatal(err)
		}
		if text, err := m.read("GET", "/toy/games/g/now", ""); text != "begin,say usual,end " || err != nil {
			t.Errorf("%q %v", text, err)
		}
	})
}

func TestHoldAndRelease(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		m.script(script.Reply{Text: "a", Hold: true}, script.Reply{Text: "b", Hold: true})
		m.play("g", "x")
		m.play("h", "x")
		response, err := m.do(t.Context(), "GET", "/toy/games/g", "")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		if !lines.Scan() || lines.Text() != "begin" {
			t.Errorf("%q", lines.Text())
		}
		if call := m.last(); call.Outcome != journal.Open || call.Response != "begin\n" || call.Events != 1 {
			t.Errorf("while it goes on the journal has %+v", call)
		}
		if n, err := m.Main().Release("toy", "g"); n != 1 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
		rest, err := io.ReadAll(response.Body)
		if err != nil || len(rest) == 0 && !lines.Scan() {
			t.Errorf("%q %v", rest, err)
		}
		if n, err := m.Main().Release("toy", ""); n != 1 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
	})
}

// A message of a person starts a run, whose reply a script or a function
// decides; one that nobody can get changes nothing.
func TestReceive(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		w := m.Main()
		m.script(script.Reply{Text: "scripted"})
		for _, wrong := range []struct {
			api     string
			message script.Inbound
			says    string
		}{
			{"nothing", script.Inbound{From: "p", Text: "x"}, `"nothing"`},
			{"toy", script.Inbound{Text: "x"}, "conversation or from is missing"},
			{"toy", script.Inbound{From: "p"}, "text is missing"},
			{"toy", script.Inbound{From: "p", Text: "\xff"}, "text is not UTF-8"},
			{"toy", script.Inbound{Conversation: "nowhere", Text: "x"}, `no conversation "nowhere"`},
		} {
			if _, err := w.Receive(wrong.api, wrong.message); err == nil || !strings.Contains(err.Error(), wrong.says) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		received, err := w.Receive("toy", script.Inbound{From: "p", Text: "x"})
		if err != nil || received.Conversation != "p" || received.Message == "" {
			t.Errorf("%+v, %v", received, err)
		}
		if text, err := m.read("GET", "/toy/games/p", ""); text != "begin\nsay scripted\nend \n" || err != nil {
			t.Errorf("%q %v", text, err)
		}
		if err := w.ScriptFunc("toy", script.Echo); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Receive("toy", script.Inbound{Conversation: "c", Text: "y"}); err != nil {
			t.Error(err)
		}
		if text, err := m.read("GET", "/toy/games/c/now", ""); !strings.HasSuffix(text, "end ") || !strings.Contains(text, "Echo:") || err != nil {
			t.Errorf("%q %v", text, err)
		}
	})
}

// Streams follow a clock that stands still, is moved by hand, or is reset,
// and end with what they show.
func TestStreamsFollowTheClock(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		w := m.Main()
		w.SetTime(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		m.script(script.Reply{Text: "a", Delay: time.Hour})
		m.play("g", "x")
		var text string
		var group sync.WaitGroup
		group.Go(func() { text, _ = m.read("GET", "/toy/games/g", "") })
		<-time.After(24 * time.Hour) // virtual: nothing moves the clock
		if call := m.last(); call.Response != "" {
			t.Errorf("although the clock stands: %+v", call)
		}
		w.Advance(time.Hour)
		group.Wait()
		if text != "begin\nsay a\nend \n" {
			t.Errorf("%q", text)
		}
	})
	for name, end := range map[string]func(*mock) error{
		"reset":    func(m *mock) error { return m.Main().Reset(PartState) },
		"restored": func(m *mock) error { return m.Main().Restore(m.Main().Snapshot()) },
		"closed":   func(m *mock) error { m.Close(); return nil },
	} {
		inBubble(t, Config{}, func(t *testing.T, m *mock) {
			m.script(script.Reply{Hold: true})
			m.play("g", "x")
			var err error
			var group sync.WaitGroup
			group.Go(func() { _, err = m.read("GET", "/toy/games/g", "") })
			synctest.Wait()
			if failed := end(m); failed != nil {
				t.Fatal(failed)
			}
			group.Wait()
			if err == nil {
				t.Errorf("%s: the stream ended well", name)
			}
			synctest.Wait()
			if call := m.last(); call.Outcome != journal.Cancelled {
				t.Errorf("%s: the journal has %+v", name, call)
			}
		})
	}
}

func TestRunsSurviveASnapshot(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		m.script(script.Reply{Text: "a b", Pace: time.Hour})
		m.play("g", "x")
		document := m.Main().Snapshot()
		<-time.After(30 * time.Minute) // virtual
		other, err := m.MakeWorld("other", WorldConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Restore(document); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		text, err := m.read("GET", "/_ns/other/toy/games/g", "")
		if text != "begin\nsay a \nsay b\nend \n" || err != nil || time.Since(began) != 30*time.Minute {
			t.Errorf("%q %v after %s", text, err, time.Since(began))
		}
	})
}

// What happens by itself while a request only pretends has really happened:
// its ids are not given out again.
func TestRunsMoveOnWhileARequestPretends(t *testing.T) {
	inBubble(t, Config{Deterministic: true}, func(t *testing.T, m *mock) {
		m.play("g", "x")
		m.rule("toy.Make", fault.UnknownField("", fault.BeforeCommit))
		if _, err := m.read("POST", "/toy/toys", `{"name":"a"}`); err != nil {
			t.Fatal(err)
		}
		m.play("h", "x")
		ends := make(map[string]bool)
		for _, id := range []string{"g", "h"} {
			found, err := m.Main().Records("toy", "games", id)
			if err != nil || len(found) != 1 {
				t.Fatal(err, found)
			}
			var game toyGame
			if err := json.Unmarshal(found[0].JSON, &game); err != nil || game.End == "" || ends[game.End] {
				t.Errorf("%s: %v, %q after %v", id, err, game.End, ends)
			}
			ends[game.End] = true
		}
	})
}

func TestStreamFaults(t *testing.T) {
	const whole = "begin\nsay a \nsay b\nend \n"
	for name, c := range map[string]struct {
		faults  []fault.Fault
		want    string
		cut     bool
		took    time.Duration
		outcome journal.Outcome
	}{
		"cut at once":       {[]fault.Fault{fault.CutStream(0)}, "", true, 0, journal.Truncated},
		"cut in the middle": {[]fault.Fault{fault.CutStream(2)}, "begin\nsay a \n", true, 0, journal.Truncated},
		"cut at the end":    {[]fault.Fault{fault.CutStream(4)}, whole, true, 0, journal.Truncated},
		"paused":            {[]fault.Fault{fault.PauseStream(1, time.Minute)}, whole, false, time.Minute, journal.Complete},
		"repeated":          {[]fault.Fault{fault.RepeatEvent(2)}, "begin\nsay a \nsay a \nsay b\nend \n", false, 0, journal.Complete},
		"split":             {[]fault.Fault{fault.SplitWrites(1)}, whole, false, 0, journal.Complete},
		"no last event":     {[]fault.Fault{fault.NoLastEvent()}, "begin\nsay a \nsay b\n", false, 0, journal.Complete},
		"several": {[]fault.Fault{fault.SplitWrites(3), fault.RepeatEvent(1), fault.PauseStream(2, time.Second), fault.CutStream(3)},
			"begin\nbegin\nsay a \nsay b\n", true, time.Second, journal.Truncated},
	} {
		inBubble(t, Config{}, func(t *testing.T, m *mock) {
			m.script(script.Reply{Text: "a b"})
			m.play("g", "x")
			m.rule("toy.Watch", c.faults...)
			began := time.Now()
			text, err := m.read("GET", "/toy/games/g", "")
			if text != c.want || (err != nil) != c.cut || time.Since(began) != c.took {
				t.Errorf("%s: %q %v after %s", name, text, err, time.Since(began))
			}
			synctest.Wait()
			if call := m.last(); call.Outcome != c.outcome || call.Problems != nil {
				t.Errorf("%s: the journal has %+v", name, call)
			}
		})
	}
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		m.rule("toy.Count", fault.CutStream(1))
		if text, err := m.read("GET", "/toy/toys", ""); text != "0" || err != nil {
			t.Errorf("%q %v", text, err)
		}
		if call := m.last(); !slices.ContainsFunc(call.Problems, func(p string) bool { return strings.Contains(p, "found nothing to change") }) {
			t.Errorf("a fault of streams without a stream: %+v", call)
		}
	})
}

// Clients that go, or never read, leave nothing behind and hold nothing up.
func TestClientsOfStreamsThatGo(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, m *mock) {
		m.script(slices.Repeat([]script.Reply{{Hold: true}}, 100)...)
		var group sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for i := range 100 {
			group.Go(func() {
				m.play(fmt.Sprint(i), strings.Repeat("x", 300_000))
				response, err := m.do(ctx, "GET", fmt.Sprintf("/toy/games/%d", i), "")
				if err != nil {
					t.Error(err)
					return
				}
				defer response.Body.Close()
				<-ctx.Done()
			})
		}
		synctest.Wait()
		m.play("one more", "x") // nobody holds the lock
		cancel()
		group.Wait()
		synctest.Wait()
		if active := m.Main().Activity().Active; active != 0 {
			t.Errorf("%d requests are still served", active)
		}
	})
}
