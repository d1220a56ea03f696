package mockserver

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// lineTB reports failures with the line that package testing would report:
// that of the nearest caller which has not called Helper.
type lineTB struct {
	recorder
	helpers map[string]bool
	reports []string
}

func frames(skip int) *runtime.Frames {
	pcs := make([]uintptr, 50)
	return runtime.CallersFrames(pcs[:runtime.Callers(skip+2, pcs)])
}

func (l *lineTB) Helper() {
	caller, _ := frames(1).Next()
	l.helpers[caller.Function] = true
}

func (l *lineTB) report(format string, args []any) {
	callers := frames(2)
	for {
		caller, more := callers.Next()
		if !l.helpers[caller.Function] || !more {
			l.reports = append(l.reports, fmt.Sprintf("%s:%d: ", filepath.Base(caller.File), caller.Line)+fmt.Sprintf(format, args...))
			return
		}
	}
}

func (l *lineTB) Errorf(format string, args ...any) { l.report(format, args) }
func (l *lineTB) Fatalf(format string, args ...any) {
	l.report(format, args)
	panic(l) // for want of a goroutine that may end
}

// What a test did wrong is reported at the test's own line, with what was
// meant.
func TestMisuseIsReportedAtTheCaller(t *testing.T) {
	l := &lineTB{helpers: make(map[string]bool)}
	s := start(l, Config{}, emulations(), true)
	defer s.Close()
	n := s.Namespace("w1")
	for name, c := range map[string]struct {
		misuse func()
		says   string
	}{
		"an API as an operation":     {func() { s.Fail(Orq, fault.Drop()) }, `"orq" is an API, not an operation; it has "orq.CreateAgent"`},
		"a mistyped operation":       {func() { n.Fail("orq.CreateAgents", fault.Drop()) }, `unknown op "orq.CreateAgents"`},
		"a broken rule":              {func() { s.AddRule(fault.Rule{Op: OrqGetAgent}) }, "do is missing"},
		"an unknown API":             {func() { n.URL("orc") }, `unknown API "orc"`},
		"agents of an unknown API":   {func() { s.Agents("orc") }, `unknown API "orc"`},
		"a broken match":             {func() { s.Calls(journal.Match{Op: "x"}) }, `unknown op "x"`},
		"a broken match to count":    {func() { s.Count(journal.Match{API: "x"}) }, `unknown API "x"`},
		"calls that were not made":   {func() { s.AssertCalls(l, OrqGetAgent, 1) }, "0 calls match, want 1"},
		"calls of an API":            {func() { n.AssertCalls(l, Orq, 1) }, `"orq" is an API`},
		"matches that are not there": {func() { s.AssertMatches(l, journal.Match{Status: 404}, journal.AtLeast(2)) }, "want at least 2"},
		"a namespace's name":         {func() { s.Namespace("a b") }, "namespace name"},
	} {
		l.reports = nil
		func() {
			defer func() {
				if cause := recover(); cause != nil && cause != any(l) {
					panic(cause)
				}
			}()
			c.misuse()
		}()
		_, line := runtime.FuncForPC(reflect.ValueOf(c.misuse).Pointer()).FileLine(reflect.ValueOf(c.misuse).Pointer())
		want := fmt.Sprintf("line_test.go:%d: mockserver: ", line)
		if len(l.reports) != 1 || !strings.HasPrefix(l.reports[0], want) || !strings.Contains(l.reports[0], c.says) {
			t.Errorf("%s: reported %q, want %s… %s", name, l.reports, want, c.says)
		}
	}
}

// Without a test, misuse panics with the same words.
func TestMisuseWithoutATest(t *testing.T) {
	s := testServer(t, Config{})
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, `unknown API "orc"`) {
			t.Errorf("it panicked with %s", text)
		}
	}()
	s.URL("orc")
	t.Error("it did not panic")
}
