package xpander

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode"

	agentclients "github.com/agentclients/agentclients-go"
)

// What a task says of its end is one line that is not too long, and has no key
// of a client, whatever words the server finds.
func TestErrorsOfTasksAreCleanLines(t *testing.T) {
	client := newTestClient(t, agentclients.Options{})
	words := "a\nb\x1b[2J " + testKey + strings.Repeat(" and more", 1000)
	for _, task := range []*Task{
		{ID: "t1", Status: TaskFailed, Result: words},
		{ID: "t1", Status: TaskStatus(words)},
		{ID: "t1", Status: TaskPaused, HITLRequest: &HITLRequest{Title: words}},
	} {
		err := task.Err()
		e := asError(t, err)
		if text := err.Error(); len(text) > 2000 || strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
			t.Errorf("%d bytes: %.200q", len(text), text)
		}
		if strings.Contains(err.Error()+e.Code+e.Message+fmt.Sprint(e.Err), testKey) {
			t.Errorf("the error has the key: %.300v", err)
		}
	}
	runtime.KeepAlive(client)
}
