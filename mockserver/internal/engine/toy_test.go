package engine

import (
	"cmp"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// toys is the state of an API that makes toys.
type toys struct {
	Toys  emulate.Collection[string]  `json:"toys"`
	Games emulate.Collection[toyGame] `json:"games"`
}

// toyGame is a run: what happened in it, one line each.
type toyGame struct {
	Run *run.Run `json:"run"`
	Log []string `json:"log"`
	End string   `json:"end,omitempty"` // an id for its end
}

// toyAPI is the smallest API that uses all that the engine has.
func toyAPI() *emulate.API {
	return &emulate.API{
		Name:        "toy",
		Credentials: []string{"X-Key"},
		Limits:      emulate.Limits{Limits: []emulate.Limit{{Requests: 1000, Per: time.Minute}}},
		NewState:    func() any { return new(toys) },
		Agents:      func(any) []emulate.Agent { return nil },
		Operations: []emulate.Operation{
			{Name: "Make", Method: "POST", Path: "/toys", Body: schema.Shape{schema.Required("name", schema.Text)}, Handler: emulate.With(makeToy)},
			{Name: "Play", Method: "POST", Path: "/games/{id}", Handler: emulate.With(play)},
			{Name: "PlayOut", Method: "POST", Path: "/games/{id}/out", Handler: emulate.With(playOut)},
			{Name: "Watch", Method: "GET", Path: "/games/{id}", Handler: emulate.With(watch)},
			{Name: "Look", Method: "GET", Path: "/games/{id}/now", Handler: emulate.With(lookAt)},
			{Name: "Count", Method: "GET", Path: "/toys", Handler: emulate.With(countToys)},
		},
		Runs: func(s any) (active []*run.Run) {
			for _, game := range s.(*toys).Games.All() {
				if !game.Run.Over {
					active = append(active, game.Run)
				}
			}
			return active
		},
		Advance: func(w emulate.World, s any) (next time.Time) {
			for _, game := range s.(*toys).Games.All() {
				due := game.Run.Advance(w.Now(), func(step run.Step) {
					line := []string{"begin", "tool", "tool done", "ask", "say ", "end"}[step.Kind] + step.Text
					if step.Kind == run.End {
						line += " " + game.Run.Reply.Error
						game.End = emulate.HexID(w, "end", 16)
					}
					game.Log = append(game.Log, line)
				})
				if next.IsZero() || !due.IsZero() && due.Before(next) {
					next = due
				}
			}
			return next
		},
		Receive: func(w emulate.World, s any, message script.Inbound) (script.Received, error) {
			if message.Conversation == "nowhere" {
				return script.Received{}, errors.New(`there is no conversation "nowhere"`)
			}
			id := cmp.Or(message.Conversation, message.From)
			turn := script.Turn{Agent: "toy", Thread: id, Input: message.Text}
			game := &toyGame{Run: run.Start(w.Now(), turn, w.Reply(turn, script.Reply{Text: "usual"}))}
			s.(*toys).Games.Add("", id, game)
			return script.Received{Conversation: id, Message: emulate.HexID(w, "message", 8)}, nil
		},
		Authenticate: func(r *emulate.Request) (string, error) {
			if key := r.Header.Get("X-Key"); r.Accepts(key) {
				return key, nil
			}
			return "", emulate.Text(http.StatusUnauthorized, "who is it?").Refuse()
		},
		Refuse: func(_ *emulate.Request, status int, message string) emulate.Response {
			return emulate.Text(status, message)
		},
	}
}

func makeToy(r *emulate.Request, s *toys) (emulate.Response, error) {
	id := s.Toys.FreeID(r.Tenant, func() string { return emulate.HexID(r, "toy", 8) })
	r.Commit(func() { s.Toys.Add(r.Tenant, id, &id) })
	return emulate.Text(http.StatusCreated, id), nil
}

// begin starts a game; its input is the body.
func begin(r *emulate.Request, s *toys) *toyGame {
	id := r.Params["id"]
	game := new(toyGame)
	r.Commit(func() {
		turn := script.Turn{Agent: "toy", Thread: id, Input: string(r.Body)}
		usual := script.Reply{Text: "usual"}
		game.Run = run.Start(r.Now(), turn, r.Reply(turn, usual))
		game.Run.Otherwise = &usual
		s.Games.Add(r.Tenant, id, game)
	})
	return game
}

func play(r *emulate.Request, s *toys) (emulate.Response, error) {
	begin(r, s)
	return emulate.Text(http.StatusCreated, "playing"), nil
}

// playOut waits for the end of the game.
func playOut(r *emulate.Request, s *toys) (emulate.Response, error) {
	game := begin(r, s)
	return emulate.Response{Wait: func(time.Time) (emulate.Response, time.Time, bool) {
		return emulate.Text(http.StatusOK, strings.Join(game.Log, ",")), time.Time{}, game.Run.Over
	}}, nil
}

// watch streams the log: all of it, and then what comes, until the end.
func watch(r *emulate.Request, s *toys) (emulate.Response, error) {
	game := s.Games.Get(r.Tenant, r.Params["id"])
	if game == nil {
		return emulate.Response{}, emulate.Text(http.StatusNotFound, "no such game").Refuse()
	}
	at := 0
	return emulate.Response{Status: http.StatusOK, Events: &emulate.Events{Next: func(now time.Time) (frames []emulate.Frame, _ time.Time, done bool) {
		for ; at < len(game.Log); at++ {
			frames = append(frames, emulate.Frame{Data: []byte(game.Log[at] + "\n"), Last: strings.HasPrefix(game.Log[at], "end")})
		}
		return frames, time.Time{}, game.Run.Over
	}}}, nil
}

// lookAt responds with the log so far.
func lookAt(r *emulate.Request, s *toys) (emulate.Response, error) {
	return emulate.Text(http.StatusOK, strings.Join(s.Games.Get(r.Tenant, r.Params["id"]).Log, ",")), nil
}

func countToys(r *emulate.Request, s *toys) (emulate.Response, error) {
	return emulate.JSON(http.StatusOK, s.Toys.Len()), nil
}

func newToyEngine(t *testing.T, config Config) *Engine {
	t.Helper()
	config.APIs = []*Emulation{Emulate(toyAPI())}
	e, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// send sends a request and returns its status.
func send(e *Engine, method, path, key, body string) int {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Key", key)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Code
}
