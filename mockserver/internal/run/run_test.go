package run

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/script"
)

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// played advances a run to a moment and says what happened, and when the next
// step is due.
func played(r *Run, after time.Duration) string {
	var out []string
	next := r.Advance(begin.Add(after), func(s Step) {
		name := []string{"begin", "tool", "done", "ask", "say", "end"}[s.Kind]
		if s.Kind == Piece {
			name += " " + s.Text
		}
		out = append(out, name)
	})
	if !next.IsZero() {
		out = append(out, fmt.Sprint("next ", next.Sub(begin)))
	}
	return strings.Join(out, ", ")
}

func TestRun(t *testing.T) {
	for name, c := range map[string]struct {
		reply script.Reply
		looks []time.Duration
		want  []string
	}{
		"at once": {script.Reply{Text: "a b"}, []time.Duration{0, 0}, []string{"begin, say a , say b, end", ""}},
		"nothing": {script.Reply{}, []time.Duration{0}, []string{"begin, end"}},
		"paced": {script.Reply{Text: "a b c", Delay: time.Second, Pace: time.Second}, []time.Duration{0, time.Second, 2500 * time.Millisecond, time.Hour},
			[]string{"next 1s", "begin, say a , next 2s", "say b , next 3s", "say c, end"}},
		"tools": {script.Reply{Tools: []script.ToolCall{{Name: "x"}, {Name: "y"}}, Chunks: []string{"ok"}, Pace: time.Second}, []time.Duration{0, 10 * time.Second},
			[]string{"begin, tool, next 1s", "done, tool, done, say ok, end"}},
		"held":  {script.Reply{Text: "a", Hold: true}, []time.Duration{0, time.Hour}, []string{"begin", ""}},
		"asked": {script.Reply{Text: "a", Ask: "may I?"}, []time.Duration{0, time.Hour}, []string{"begin, ask", ""}},
	} {
		r := Start(begin, script.Turn{}, &c.reply)
		for i, after := range c.looks {
			text, err := json.Marshal(r) // a snapshot in between changes nothing
			if err != nil {
				t.Fatal(err)
			}
			r = new(Run)
			if err := json.Unmarshal(text, r); err != nil {
				t.Fatal(err)
			}
			if got := played(r, after); got != c.want[i] {
				t.Errorf("%s after %s: %q, want %q", name, after, got, c.want[i])
			}
		}
	}
}

func TestReleaseAndStop(t *testing.T) {
	for name, reply := range map[string]script.Reply{"held": {Text: "a", Hold: true}, "asked": {Text: "a", Ask: "?"}, "held without text": {Hold: true}} {
		r := Start(begin, script.Turn{}, &reply)
		played(r, 0)
		r.Release(begin.Add(time.Minute))
		if got := played(r, time.Minute); !strings.HasSuffix(got, "end") || strings.Contains(got, "begin") || strings.Contains(got, "ask") {
			t.Errorf("%s and released: %q", name, got)
		}
		early := Start(begin, script.Turn{}, &reply)
		early.Release(begin)
		if got := played(early, 0); !strings.HasPrefix(got, "begin") || !strings.HasSuffix(got, "end") {
			t.Errorf("%s and released before it began: %q", name, got)
		}
		stopped := Start(begin, script.Turn{}, &reply)
		played(stopped, 0)
		stopped.Stop()
		if got := played(stopped, time.Hour); got != "" || !stopped.Over {
			t.Errorf("%s and stopped: %q", name, got)
		}
	}
}

func TestAnswerComesLater(t *testing.T) {
	r := Start(begin, script.Turn{}, nil)
	if got := played(r, time.Hour); got != "" {
		t.Errorf("without a reply: %q", got)
	}
	r.Answer(script.Reply{Text: "x"})
	if got := played(r, time.Hour); got != "begin, say x, end" {
		t.Errorf("with one: %q", got)
	}
}

func TestPiecesJoinToTheText(t *testing.T) {
	for _, text := range []string{"", "a", " a", "a ", "a  b\nc ", "\n", "ünï çödé ∑"} {
		r := script.Reply{Text: text}
		if got := strings.Join(r.Pieces(), ""); got != text {
			t.Errorf("%q became %q", text, got)
		}
		if slices.Contains(r.Pieces(), "") {
			t.Errorf("%q has an empty piece", text)
		}
	}
}

// A pause ends with Release alone, and what was played is not played again.
func TestPause(t *testing.T) {
	r := Start(begin, script.Turn{}, &script.Reply{Tools: []script.ToolCall{{Name: "x"}}, Text: "a", Hold: true})
	steps := 0
	r.Advance(begin, func(s Step) {
		if steps++; s.Kind == ToolStart {
			r.Pause()
		}
	})
	if steps != 2 || !r.Held || played(r, time.Hour) != "" {
		t.Errorf("after %d steps, held %v", steps, r.Held)
	}
	for _, want := range []string{"done", "say a, end"} { // the hold of the reply comes behind the pause
		r.Release(begin.Add(time.Hour))
		if got := played(r, time.Hour); got != want {
			t.Errorf("released: %q, want %q", got, want)
		}
	}
	if !r.Due.Equal(begin.Add(time.Hour)) {
		t.Errorf("due %s", r.Due)
	}
}

// No run is due at a time that a state cannot hold.
func TestRunsEndWithTheClock(t *testing.T) {
	r := Start(Latest.Add(-time.Second), script.Turn{}, &script.Reply{Text: "a", Delay: 200 * 365 * 24 * time.Hour})
	if _, err := json.Marshal(r); err != nil || !r.Due.Equal(Latest) {
		t.Errorf("due %v, %v", r.Due, err)
	}
	if got := Later(begin, time.Hour); !got.Equal(begin.Add(time.Hour)) {
		t.Error(got)
	}
}
