package phoneagents

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// chat is a server of web chat that says what a test wants.
type chat struct {
	stream  func(context.Context, io.Writer) // what it streams behind its greeting, and then ends
	history func() string                    // the messages that it shows
	lost    bool                             // the response to a message
	posts   int
	looks   int
	clients []*http.Request // whose streams were opened
}

func (c *chat) RoundTrip(r *http.Request) (*http.Response, error) {
	response := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
	respond := func(body string) { response.Body = io.NopCloser(strings.NewReader(body)) }
	switch {
	case r.Method == http.MethodPost:
		if c.posts++; c.lost {
			return nil, errors.New("connection reset by peer")
		}
		respond(`{"success":true,"data":{"message_id":"q","conversation_id":"c","status":"queued"}}`)
	case strings.HasSuffix(r.URL.Path, "/stream"):
		c.clients = append(c.clients, r)
		response.Header.Set("Content-Type", "text/event-stream")
		reader, writer := io.Pipe()
		context.AfterFunc(r.Context(), func() { reader.CloseWithError(r.Context().Err()) })
		go func() {
			io.WriteString(writer, "event: connected\ndata: {}\n\n") //nolint:errcheck // the client went away
			c.stream(r.Context(), writer)
			writer.Close()
		}()
		response.Body = reader
	default:
		c.looks++
		respond(`{"data":{"messages":[` + c.history() + `],"conversation_id":"c"}}`)
	}
	return response, nil
}

// says is a server that streams a text.
func says(frames string) *chat {
	return &chat{
		stream:  func(_ context.Context, w io.Writer) { io.WriteString(w, frames) }, //nolint:errcheck // the client went away
		history: func() string { return asked + "," + answered },
	}
}

// stays makes the stream stay open behind a text.
func (c *chat) stays(frames string) {
	c.stream = func(ctx context.Context, w io.Writer) {
		io.WriteString(w, frames) //nolint:errcheck // the client went away
		<-ctx.Done()
	}
}

// pause waits, unless the client goes away.
func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

const (
	asked    = `{"message_id":"q","message_text":"Open?","sender":"user","sequence_no":3}`
	answered = `{"message_id":"a","message_text":"from the history","sender":"agent","sequence_no":4}`
	pushed   = `data: {"message_id":"p","message_text":"from the stream","sender":"agent"}` + "\n\n"
)

// chats runs a test with a client of a server, in a bubble.
func chats(t *testing.T, name string, c *chat, test func(*testing.T, *Client)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, err := NewClient(Config{APIKey: "k", Options: agentclients.Options{BaseURL: "https://x.test/v1", HTTPClient: &http.Client{Transport: c}}})
			if err != nil {
				t.Fatal(err)
			}
			test(t, client)
		})
	})
}

// What no message is in is no answer, and what says nothing is no event.
func TestOnlyAMessageIsAnAnswer(t *testing.T) {
	for name, frames := range map[string]string{
		"no data":        "data:\n\n" + pushed,
		"no colon":       "data\n\n" + pushed,
		"empty message":  "event: message\ndata:  \n\n" + pushed,
		"ping":           `data: {"type":"ping"}` + "\n\n" + pushed,
		"named ping":     "event: ping\ndata:\n\n" + pushed,
		"refusal":        `data: {"success":false}` + "\n\n" + pushed,
		"the system's":   `data: {"message_id":"s","message_text":"Please wait","sender":"system"}` + "\n\n" + pushed,
		"no error":       `data: {"error":null}` + "\n\n" + `data: {"error":""}` + "\n\n" + `data: {"error":false}` + "\n\n" + pushed,
		"tool's failure": `data: {"error":"no","message_text":"from the stream"}` + "\n\n",
	} {
		c := says(frames)
		chats(t, name, c, func(t *testing.T, client *Client) {
			run, err := client.RunAgent(t.Context(), "w", RunRequest{Text: "Open?"})
			if err != nil || run.Text != "from the stream" || c.posts != 1 {
				t.Errorf("run %+v, %v, %d messages", run, err, c.posts)
			}
			said := ""
			for event, err := range client.StreamWebchat(t.Context(), "w", StreamWebchatRequest{VisitorID: "v"}) {
				switch {
				case errors.Is(err, agentclients.ErrStreamEnded):
				case err != nil:
					t.Error(err)
				case (event.Message != nil) != (event.Type == WebchatEventMessageSent):
					t.Errorf("event %+v", event)
				case event.Message != nil && event.Message.Sender != "system":
					said += event.Message.Text
				case len(event.Data) == 0 && event.Type == "":
					t.Errorf("an event of nothing: %+v", event)
				}
			}
			if said != "from the stream" {
				t.Errorf("said %q", said)
			}
		})
	}
}

// An error in the stream has the server's words, in whatever form they come.
func TestAnErrorInAStreamIsTold(t *testing.T) {
	for name, c := range map[string]struct{ frames, words string }{
		"object":    {`data: {"error":{"message":"busy","code":429}}`, "busy"},
		"flat":      {"event: error\n" + `data: {"message":"busy"}`, "busy"},
		"text":      {"event: error\ndata: busy", "busy"},
		"no object": {"event: error\ndata: [\"busy\"]", `["busy"]`},
		"no words":  {"event: error\ndata:", ""},
	} {
		server := says(c.frames + "\n\n")
		chats(t, name, server, func(t *testing.T, client *Client) {
			run, err := client.RunAgent(t.Context(), "w", RunRequest{Text: "Open?"})
			var e *agentclients.Error
			if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrRunFailed) || e.Message != c.words || run == nil || server.posts != 1 {
				t.Errorf("run %+v, %v", run, err)
			}
			err = nil
			for _, err = range client.StreamWebchat(t.Context(), "w", StreamWebchatRequest{VisitorID: "v"}) {
			}
			if !errors.Is(err, agentclients.ErrRunFailed) {
				t.Error(err)
			}
		})
	}
}

// A stream that cannot be read is given up at once: what it holds open is of
// no use any more.
func TestAnUnreadableStreamIsClosed(t *testing.T) {
	c := says("")
	stored := time.Time{}
	c.history = func() string {
		if time.Now().Before(stored) {
			return asked
		}
		return asked + "," + answered
	}
	c.stays("data: [DONE]\n\n")
	chats(t, "", c, func(t *testing.T, client *Client) {
		stored = time.Now().Add(time.Minute)
		open := 0
		time.AfterFunc(30*time.Second, func() {
			for _, r := range c.clients {
				if r.Context().Err() == nil {
					open++
				}
			}
		})
		run, err := client.RunAgent(t.Context(), "w", RunRequest{Text: "Open?"})
		if err != nil || run.Text != "from the history" || open != 0 {
			t.Errorf("run %+v, %v, %d streams are open", run, err, open)
		}
	})
}

// An agent that goes on typing does not hide that its answer was lost.
func TestTypingDoesNotHideALostAnswer(t *testing.T) {
	c := says("")
	c.stream = func(ctx context.Context, w io.Writer) {
		for err := error(nil); err == nil && ctx.Err() == nil; pause(ctx, 20*time.Second) {
			_, err = io.WriteString(w, "event: typing\ndata: {\"isTyping\":true}\n\n")
		}
	}
	chats(t, "", c, func(t *testing.T, client *Client) {
		began := time.Now()
		run, err := client.RunAgent(t.Context(), "w", RunRequest{Text: "Open?"})
		if took := time.Since(began); err != nil || run.Text != "from the history" || took > 31*time.Second {
			t.Errorf("run %+v, %v after %v", run, err, took)
		}
	})
}

// An answer that is pushed before it is stored is found soon, and without a
// look each second for as long as it takes.
func TestAPushedAnswerIsFoundInTheHistorySoon(t *testing.T) {
	c := says("")
	c.stays(pushed)
	chats(t, "", c, func(t *testing.T, client *Client) {
		began := time.Now()
		c.history = func() string {
			switch waited := time.Since(began); {
			case c.posts == 0:
				return ""
			case waited < 5*time.Second:
				return asked
			}
			return asked + "," + answered
		}
		run, err := client.RunAgent(t.Context(), "w", RunRequest{Text: "Open?", VisitorID: "v"})
		if took := time.Since(began); err != nil || run.Text != "from the history" || took > 10*time.Second || c.looks > 6 {
			t.Errorf("run %+v, %v after %v and %d looks", run, err, took, c.looks)
		}
	})
}

// The answer to an earlier message has a lower number than ours, wherever the
// history lists it.
func TestTheAnswerToAnEarlierMessageIsNotOurs(t *testing.T) {
	const earlier = `{"message_id":"q0","message_text":"Hello","sender":"user","sequence_no":1}`
	const late = `{"message_id":"a0","message_text":"Hello yourself","sender":"agent","sequence_no":2}`
	c := says(pushed)
	chats(t, "", c, func(t *testing.T, client *Client) {
		began := time.Now()
		c.history = func() string {
			switch {
			case c.posts == 0:
				return earlier
			case time.Since(began) < time.Minute:
				return earlier + "," + asked + "," + late
			}
			return earlier + "," + asked + "," + late + "," + answered
		}
		run, err := client.RunAgent(t.Context(), "w", RunRequest{Text: "Open?", VisitorID: "v"})
		if err != nil || run.Text != "from the history" {
			t.Errorf("run %+v, %v", run, err)
		}
	})
}

// A message whose response was lost is found although the server stored it
// without the white space at its ends.
func TestALostMessageIsFoundWithoutWhiteSpace(t *testing.T) {
	c := says("")
	c.lost = true
	c.history = func() string {
		if c.posts == 0 {
			return ""
		}
		return asked + "," + answered
	}
	chats(t, "", c, func(t *testing.T, client *Client) {
		run, err := client.RunAgent(t.Context(), "w", RunRequest{Text: "Open?\r\n", VisitorID: "v"})
		if err != nil || run.Text != "from the history" || run.MessageID != "q" || c.posts != 1 {
			t.Errorf("run %+v, %v, %d messages", run, err, c.posts)
		}
	})
}

// What is wrong with a request of web chat is named, and nothing is sent.
func TestRequestsOfWebchatThatAreWrong(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	long := strings.Repeat("ü", longestVisitorID+1)
	events := func(ctx context.Context, c *Client, visitor string) (err error) {
		for _, err = range c.StreamWebchat(ctx, "w", StreamWebchatRequest{VisitorID: visitor}) {
		}
		return err
	}
	for _, visitor := range []string{bad, long} {
		suite.Refuses(t, func(ctx context.Context, c *Client) error {
			_, err := c.SendWebchatMessage(ctx, "w", SendWebchatMessageRequest{Text: bad, VisitorID: visitor})
			return err
		}, []string{"message", "visitor_phone"})
		suite.Refuses(t, func(ctx context.Context, c *Client) error {
			_, err := c.ListWebchatMessages(ctx, "w", ListWebchatMessagesRequest{VisitorID: visitor})
			return err
		}, []string{"visitor_phone"})
		suite.Refuses(t, func(ctx context.Context, c *Client) error { return events(ctx, c, visitor) }, []string{"session_id"})
	}
	suite.Refuses(t, func(ctx context.Context, c *Client) error { return events(ctx, c, "") }, []string{"session_id"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.ListMessages(ctx, "u", ListMessagesRequest{AgentID: bad, ConversationID: bad})
		return err
	}, []string{"agent_id", "conversation_id"})
	suite.Refuses(t, func(ctx context.Context, c *Client) (err error) {
		for _, err = range c.AllConversationMessages(ctx, "u", "c", ListConversationMessagesRequest{BeforeSequence: -1}) {
		}
		return err
	}, []string{"before_sequence"})
}

// An error of a run names the run, and not the request in it that failed.
func TestErrorsOfARunNameIt(t *testing.T) {
	for name, run := range map[string]func(*testing.T, *Client) error{
		"run agent": func(t *testing.T, c *Client) error {
			_, err := c.RunAgent(t.Context(), "w", RunRequest{Text: "Open?", VisitorID: "v"})
			return err
		},
		"stream run": func(t *testing.T, c *Client) error {
			var err error
			for _, err = range c.StreamRun(t.Context(), "w", RunRequest{Text: "Open?", VisitorID: "v"}) {
			}
			return err
		},
	} {
		server := says("")
		server.history = func() string { return "{" } // which cannot be read
		chats(t, name, server, func(t *testing.T, client *Client) {
			err := run(t, client)
			var e *agentclients.Error
			if !errors.As(err, &e) || e.Op != name || server.looks == 0 {
				t.Errorf("%v", err)
			}
		})
	}
}
