package xpander_test

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// Over a network and by the clock of the machine: a stream that is held shows
// what it has, one that is cut breaks, and another one is whole.
func TestStreamsOverTheNetwork(t *testing.T) {
	m := &taskMock{t: t, Server: mockserver.Start(t, mockserver.Config{}), key: "k"}
	m.agent, m.id = m.newAgent()
	m.replies(script.Reply{Text: "a b", Hold: true})
	response, err := m.try(t.Context(), "POST", m.agent+"/invoke/stream", asks("held", "hi"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body := bufio.NewReader(response.Body)
	var text strings.Builder
	for range 4 { // two events and the blank lines behind them
		line, err := body.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(line)
	}
	if call := m.Calls(journal.Match{Op: mockserver.XpanderStreamTask})[0]; call.Outcome != journal.Open || call.Events != 2 {
		t.Errorf("%+v", call)
	}
	if n := m.Release(mockserver.Xpander, "held"); n != 1 {
		t.Errorf("released %d", n)
	}
	if _, err := io.Copy(&text, body); err != nil {
		t.Error(err)
	}
	const whole = "task_created pending\ntask_updated executing\nchunk \"a \"\nchunk \"b\"\ntask_finished completed a b"
	if got := lines(t, text.String()); got != whole {
		t.Error(got)
	}
	m.replies(script.Reply{Text: "a b"}, script.Reply{Text: "a b"})
	m.Fail(mockserver.XpanderStreamTask, fault.CutStream(1))
	if cut, err := m.text(200, "POST", m.agent+"/invoke/stream", asks("cut", "hi")); err == nil || lines(t, cut) != "task_created pending" {
		t.Errorf("%q %v", cut, err)
	}
	if got := m.get("cut").line(); got != "completed a b" {
		t.Error(got)
	}
	if got := m.stream(asks("whole", "hi")); got != whole {
		t.Error(got)
	}
}
