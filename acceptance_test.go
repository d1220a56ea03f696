package agentclients_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

// The promises that all five clients make, each tested on each of them
// against the mock.

// api is one client and the API that it is for.
type api struct {
	name  string
	op    string
	keyed bool // the API refuses to create a thing twice
	// connect returns a client, and its configuration.
	connect func(key string, options agentclients.Options) (connection, error)
}

// connection is a client with the key it was given.
type connection struct {
	client, config any
	// create makes the agent number n. The error is ErrNoAgent if there is
	// neither an agent nor an error.
	create func(ctx context.Context, n int, options ...agentclients.CallOption) (id string, err error)
	// createNothing sends a request without the required fields.
	createNothing func(context.Context) error
}

var errNoAgent = errors.New("neither an agent nor an error")

// idOf returns what a create came to.
func idOf[T any](agent *T, err error, id func(*T) string) (string, error) {
	switch {
	case agent == nil && err == nil:
		return "", errNoAgent
	case agent != nil && err != nil:
		return "", fmt.Errorf("an agent beside an error: %w", err)
	case err != nil:
		return "", err
	}
	return id(agent), nil
}

const (
	apiKey     = "sk_live_0123456789abcdef"
	nameSecret = "name-secret" // in every request body
)

func agentName(n int) string { return fmt.Sprintf("%s %d", nameSecret, n) }

var apis = []api{
	{mockserver.Omniflow, mockserver.OmniflowCreateAgent, false, func(key string, options agentclients.Options) (connection, error) {
		config := omniflow.Config{APIKey: key, WorkspaceID: "ws_1", Options: options}
		client, err := omniflow.NewClient(config)
		return connection{client, config,
			func(ctx context.Context, n int, options ...agentclients.CallOption) (string, error) {
				agent, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: agentName(n)}, options...)
				return idOf(agent, err, func(a *omniflow.Agent) string { return a.ID })
			},
			func(ctx context.Context) error {
				_, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{})
				return err
			}}, err
	}},
	{mockserver.Agentloop, mockserver.AgentloopCreateAgent, true, func(key string, options agentclients.Options) (connection, error) {
		config := agentloop.Config{APIKey: key, Options: options}
		client, err := agentloop.NewClient(config)
		return connection{client, config,
			func(ctx context.Context, n int, options ...agentclients.CallOption) (string, error) {
				agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{Name: agentName(n), SystemPrompt: "Be kind."}, options...)
				return idOf(agent, err, func(a *agentloop.Agent) string { return a.ID })
			},
			func(ctx context.Context) error {
				_, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{})
				return err
			}}, err
	}},
	{mockserver.Orq, mockserver.OrqCreateAgent, true, func(key string, options agentclients.Options) (connection, error) {
		config := orq.Config{APIKey: key, Options: options}
		client, err := orq.NewClient(config)
		return connection{client, config,
			func(ctx context.Context, n int, options ...agentclients.CallOption) (string, error) {
				agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
					Key: fmt.Sprintf("agent-%d", n), Role: "Support", Description: agentName(n), Instructions: "Be kind.",
					Path: "Default", Model: orq.Model{ID: "openai/gpt-4o"},
				}, options...)
				return idOf(agent, err, func(a *orq.Agent) string { return a.Key })
			},
			func(ctx context.Context) error {
				_, err := client.CreateAgent(ctx, orq.CreateAgentRequest{})
				return err
			}}, err
	}},
	{mockserver.Phoneagents, mockserver.PhoneagentsCreateAgent, true, func(key string, options agentclients.Options) (connection, error) {
		config := phoneagents.Config{APIKey: key, Options: options}
		client, err := phoneagents.NewClient(config)
		return connection{client, config,
			func(ctx context.Context, n int, options ...agentclients.CallOption) (string, error) {
				agent, err := client.CreateAgent(ctx, "usr_1", phoneagents.CreateAgentRequest{
					PhoneNumberID: fmt.Sprintf("pn_%d", n), PromptID: "prompt_1", Name: agentName(n),
				}, options...)
				return idOf(agent, err, func(a *phoneagents.Agent) string { return a.ID })
			},
			func(ctx context.Context) error {
				_, err := client.CreateAgent(ctx, "usr_1", phoneagents.CreateAgentRequest{})
				return err
			}}, err
	}},
	{mockserver.Xpander, mockserver.XpanderCreateAgent, false, func(key string, options agentclients.Options) (connection, error) {
		config := xpander.Config{APIKey: key, Options: options}
		client, err := xpander.NewClient(config)
		return connection{client, config,
			func(ctx context.Context, n int, options ...agentclients.CallOption) (string, error) {
				agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: agentName(n)}, options...)
				return idOf(agent, err, func(a *xpander.Agent) string { return a.ID })
			},
			func(ctx context.Context) error {
				_, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{})
				return err
			}}, err
	}},
}

// scene is a mock in memory, one API on it, and a client of that API.
type scene struct {
	*testing.T
	api
	connection
	mock *mockserver.Server
}

// onEach runs a test on each API, with virtual time.
func onEach(t *testing.T, test func(s *scene), change ...func(*agentclients.Options)) {
	for _, a := range apis {
		t.Run(string(a.name), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(newScene(t, a, change...)) })
		})
	}
}

func newScene(t *testing.T, a api, change ...func(*agentclients.Options)) *scene {
	t.Helper()
	mock := mockserver.StartInMemory(t, mockserver.Config{})
	options := agentclients.Options{BaseURL: mock.URL(a.name), HTTPClient: mock.Client()}
	for _, f := range change {
		f(&options)
	}
	c, err := a.connect(apiKey, options)
	if err != nil {
		t.Fatal(err)
	}
	return &scene{t, a, c, mock}
}

// creates is how many create requests the mock saw.
func (s *scene) creates() int { return s.mock.Count(journal.Match{Op: s.op}) }

// check fails the test unless the mock saw that many create requests and has that
// many agents.
func (s *scene) check(requests, agents int) {
	s.Helper()
	if got := s.creates(); got != requests {
		s.Errorf("%d create requests, not %d", got, requests)
	}
	if got := len(s.mock.Agents(s.name)); got != agents {
		s.Errorf("%d agents, not %d", got, agents)
	}
}

// failed returns the error that a create must have given.
func (s *scene) failed(id string, err error, kinds ...error) *agentclients.Error {
	s.Helper()
	var e *agentclients.Error
	if !errors.As(err, &e) || id != "" {
		s.Fatalf("got %q, %v: not an *agentclients.Error", id, err)
	}
	if e.Provider != string(s.name) || e.Op != "create agent" {
		s.Errorf("error of %s: %s", e.Provider, e.Op)
	}
	for _, kind := range kinds {
		if !errors.Is(err, kind) {
			s.Errorf("error is not %q: %v", kind, err)
		}
	}
	return e
}

// created checks that a create worked and made one agent.
func (s *scene) created(id string, err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	agents := s.mock.Agents(s.name)
	if len(agents) != 1 || agents[0].ID != id {
		s.Errorf("created %q, and the server has %d agents", id, len(agents))
	}
}

// TestLostAnswer: the server creates the agent, and the response does not
// arrive. There is one agent, whatever the client does.
func TestLostAnswer(t *testing.T) {
	for name, fault := range map[string]fault.Fault{
		"drop":    fault.Drop(fault.AfterCommit),
		"reset":   fault.Reset(fault.AfterCommit),
		"500":     fault.Status(500, fault.AfterCommit),
		"502":     fault.HTML(502, fault.AfterCommit),
		"504":     fault.Status(504, fault.AfterCommit),
		"timeout": fault.Stall(fault.AfterCommit),
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(s *scene) {
				s.mock.Fail(s.op, fault)
				var response agentclients.Response
				id, err := s.create(s.Context(), 1, agentclients.CaptureResponse(&response))
				if s.keyed {
					s.created(id, err)
					s.check(2, 1)
					if !response.Settled || response.Attempts != 3 || response.StatusCode != 200 {
						s.Errorf("settled %v, %d attempts, status %d", response.Settled, response.Attempts, response.StatusCode)
					}
					return
				}
				e := s.failed(id, err, agentclients.ErrOutcomeUnknown)
				s.check(1, 1)
				if e.Attempts != 1 || e.StatusCode >= 500 && len(e.Body) == 0 {
					s.Errorf("%d attempts, body %q", e.Attempts, e.Body)
				}
			})
		})
	}
}

// TestLostRequest: the same, but the server did nothing.
func TestLostRequest(t *testing.T) {
	for name, fault := range map[string]fault.Fault{
		"drop":    fault.Drop(),
		"500":     fault.Status(500),
		"502":     fault.HTML(502),
		"timeout": fault.Stall(),
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(s *scene) {
				s.mock.Fail(s.op, fault)
				id, err := s.create(s.Context(), 1)
				if s.keyed {
					s.created(id, err)
					s.check(2, 1)
					return
				}
				s.failed(id, err, agentclients.ErrOutcomeUnknown)
				s.check(1, 0)
			})
		})
	}
}

// TestLostAnswerOnTCP has a real network, and a real reset.
func TestLostAnswerOnTCP(t *testing.T) {
	for _, a := range apis {
		t.Run(string(a.name), func(t *testing.T) {
			mock := mockserver.Start(t, mockserver.Config{})
			c, err := a.connect(apiKey, agentclients.Options{BaseURL: mock.URL(a.name), Retry: agentclients.RetryPolicy{MinWait: 1, MaxWait: 1}})
			if err != nil {
				t.Fatal(err)
			}
			s := &scene{t, a, c, mock}
			mock.Fail(a.op, fault.Reset(fault.AfterCommit))
			id, err := c.create(t.Context(), 1)
			if a.keyed {
				s.created(id, err)
				return
			}
			s.failed(id, err, agentclients.ErrOutcomeUnknown, syscall.ECONNRESET)
			s.check(1, 1)
		})
	}
}

// dialOnce fails to dial once.
type dialOnce struct {
	http.RoundTripper
	failed atomic.Bool
}

func (d *dialOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.failed.CompareAndSwap(false, true) {
		// Only what net/http itself reports tells that nothing was sent.
		refusing := http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}}
		return refusing.RoundTrip(r)
	}
	return d.RoundTripper.RoundTrip(r)
}

func TestServerThatIsNotUpYet(t *testing.T) {
	onEach(t, func(s *scene) {
		var response agentclients.Response
		id, err := s.create(s.Context(), 1, agentclients.CaptureResponse(&response))
		s.created(id, err)
		s.check(1, 1)
		if response.Attempts != 2 || response.Settled {
			s.Errorf("%d attempts, settled %v", response.Attempts, response.Settled)
		}
	}, func(o *agentclients.Options) {
		o.HTTPClient = &http.Client{Transport: &dialOnce{RoundTripper: o.HTTPClient.Transport}}
	})
}

func TestRateLimitTwice(t *testing.T) {
	onEach(t, func(s *scene) {
		limited := fault.Status(429, fault.RetryAfter(time.Second))
		s.mock.Fail(s.op, limited, limited)
		start := time.Now()
		id, err := s.create(s.Context(), 1)
		s.created(id, err)
		s.check(3, 1)
		// A little is added, so that not everybody comes back at once.
		if waited := time.Since(start); waited < 2*time.Second || waited > 2200*time.Millisecond {
			s.Errorf("waited %v", waited)
		}
	})
}

func TestRateLimitBeyondTheDeadline(t *testing.T) {
	onEach(t, func(s *scene) {
		s.mock.Fail(s.op, fault.Status(429, fault.RetryAfter(20*time.Second)))
		ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		id, err := s.create(ctx, 1)
		e := s.failed(id, err, agentclients.ErrRateLimited)
		if time.Since(start) != 0 || e.RetryAfter != 20*time.Second || e.OutcomeUnknown || e.Message == "" {
			s.Errorf("after %v: %+v, RetryAfter %v", time.Since(start), err, e.RetryAfter)
		}
		s.check(1, 0)
	})
}

func TestCancelledWait(t *testing.T) {
	onEach(t, func(s *scene) {
		s.mock.Fail(s.op, fault.Status(429, fault.RetryAfter(30*time.Second)))
		ctx, cancel := context.WithCancel(s.Context())
		time.AfterFunc(5*time.Second, cancel)
		start := time.Now()
		id, err := s.create(ctx, 1)
		e := s.failed(id, err, agentclients.ErrRateLimited, context.Canceled)
		if time.Since(start) != 5*time.Second || e.RetryAfter != 30*time.Second || e.Message == "" {
			s.Errorf("after %v: %v", time.Since(start), err)
		}
		s.check(1, 0)
	})
}

func TestRedirectToAnotherHost(t *testing.T) {
	for _, status := range []int{302, 307} {
		onEach(t, func(s *scene) {
			other := fault.Redirect(status, "http://other.localhost/"+string(s.name))
			s.mock.Fail(s.op, other)
			id, err := s.create(s.Context(), 1)
			e := s.failed(id, err)
			if e.StatusCode != status || e.OutcomeUnknown || !strings.Contains(err.Error(), "redirects are not followed (to http://other.localhost/"+string(s.name)+")") {
				s.Errorf("%d: %v", e.StatusCode, err)
			}
			s.check(1, 0)
		})
	}
}

// TestUnreadableAnswer: the agent exists, and the response cannot be read. The
// create is not sent again. Where the agent has a key it is read back; where it
// has none the response is kept.
func TestUnreadableAnswer(t *testing.T) {
	for name, fault := range map[string]fault.Fault{
		"HTML":      fault.HTML(201, fault.AfterCommit),
		"empty":     fault.HTML(201, fault.Body(""), fault.AfterCommit),
		"null":      fault.HTML(200, fault.Body("null"), fault.AfterCommit),
		"truncated": fault.Truncate(20),
		"malformed": fault.Malformed(),
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(s *scene) {
				s.mock.Fail(s.op, fault)
				id, err := s.create(s.Context(), 1)
				if s.keyed {
					if err != nil || s.mock.Count(journal.Match{}) != 2 {
						s.Errorf("got %q, %v", id, err)
					}
					s.check(1, 1)
					return
				}
				e := s.failed(id, err, agentclients.ErrDecode, agentclients.ErrOutcomeUnknown)
				if name != "empty" && len(e.Body) == 0 {
					s.Errorf("the answer is lost: %v", err)
				}
				s.check(1, 1)
			})
		})
	}
	t.Run("oversized", func(t *testing.T) {
		onEach(t, func(s *scene) {
			id, err := s.create(s.Context(), 1)
			e := s.failed(id, err, agentclients.ErrResponseTooLarge, agentclients.ErrOutcomeUnknown)
			if len(e.Body) != 16 {
				s.Errorf("body %q", e.Body)
			}
			s.check(1, 1)
		}, func(o *agentclients.Options) { o.MaxResponseBytes = 16 })
	})
}

// TestNothingShowsSecrets prints clients, configurations and errors in every
// way, and logs everything that happens.
func TestNothingShowsSecrets(t *testing.T) {
	const headerSecret = "header-secret"
	faults := map[string]fault.Fault{
		"none":      fault.Delay(0),
		"401":       fault.Status(401),
		"500":       fault.Status(500),
		"reset":     fault.Reset(fault.AfterCommit),
		"stall":     fault.Stall(),
		"redirect":  fault.Redirect(307, "http://other.localhost/?secret=header-secret"),
		"truncated": fault.Truncate(1),
		"limited":   fault.Status(429, fault.RetryAfter(time.Second)),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			onEach(t, func(s *scene) {
				s.mock.Fail(s.op, fault)
				_, err := s.create(s.Context(), 1, agentclients.WithHeader("X-Trace", headerSecret))
				slog.New(slog.NewTextHandler(&log, nil)).Error("failed", "error", err, "client", s.client, "config", s.config)
				slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "error", err, "client", s.client, "config", s.config)
				printed := log.String()
				log.Reset()
				values := []any{s.client, s.config}
				for ; err != nil; err = errors.Unwrap(err) {
					values = append(values, err)
				}
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
					for _, value := range values {
						printed += fmt.Sprintf(verb+"\n", value)
					}
				}
				for _, secret := range []string{apiKey, headerSecret, nameSecret} {
					if strings.Contains(printed, secret) || strings.Contains(printed, fmt.Sprintf("%x", secret)) {
						s.Errorf("%s is shown in\n%s", secret, printed)
					}
				}
			}, func(o *agentclients.Options) {
				o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				o.Retry.MaxAttempts = 2
			})
		})
	}
}

func TestSlashAfterTheBaseURL(t *testing.T) {
	var paths []string
	for _, slash := range []string{"", "/"} {
		onEach(t, func(s *scene) {
			id, err := s.create(s.Context(), 1)
			s.created(id, err)
			for _, call := range s.mock.Calls(journal.Match{}) {
				paths = append(paths, call.Path)
			}
		}, func(o *agentclients.Options) { o.BaseURL += slash })
	}
	for i := range apis {
		if len(paths) != 2*len(apis) || paths[i] != paths[i+len(apis)] {
			t.Fatalf("sent to %v", paths)
		}
	}
}

// TestConnectionIsKept: 100 × (a call that fails, one that works) on one
// connection.
func TestConnectionIsKept(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	for _, a := range apis {
		t.Run(string(a.name), func(t *testing.T) {
			// In real time a machine that is busy for 50 ms makes net/http give
			// a connection up.
			synctest.Test(t, func(t *testing.T) {
				mock := mockserver.StartInMemory(t, mockserver.Config{JournalEntries: -1})
				pool := mock.Client().Transport.(*http.Transport).Clone()
				defer pool.CloseIdleConnections()
				var dials atomic.Int32
				dial := pool.DialContext
				pool.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					dials.Add(1)
					return dial(ctx, network, address)
				}
				c, err := a.connect(apiKey, agentclients.Options{BaseURL: mock.URL(a.name), HTTPClient: &http.Client{Transport: pool}})
				if err != nil {
					t.Fatal(err)
				}
				s := &scene{t, a, c, mock}
				for i := range 100 {
					mock.Fail(a.op, fault.Status(501, fault.Body(long)))
					id, err := c.create(t.Context(), i)
					s.failed(id, err, agentclients.ErrServer)
					if _, err := c.create(t.Context(), i); err != nil {
						t.Fatal(err)
					}
				}
				if dials.Load() != 1 || len(mock.Agents(a.name)) != 100 {
					t.Errorf("%d connections, %d agents", dials.Load(), len(mock.Agents(a.name)))
				}
			})
		})
	}
}

// TestManyAtOnce has 64 goroutines create through one client, while the
// server fails now and then.
func TestManyAtOnce(t *testing.T) {
	const workers, each, faulty = 64, 10, 40
	for _, a := range apis {
		t.Run(string(a.name), func(t *testing.T) {
			mock := mockserver.StartInMemory(t, mockserver.Config{JournalEntries: -1})
			c, err := a.connect(apiKey, agentclients.Options{
				BaseURL: mock.URL(a.name), HTTPClient: mock.Client(),
				Retry: agentclients.RetryPolicy{MinWait: 1, MaxWait: 1, MaxAttempts: faulty + 1}, // one call may meet all
			})
			if err != nil {
				t.Fatal(err)
			}
			var faults []fault.Fault
			for i := range faulty {
				switch {
				case i%2 == 0:
					faults = append(faults, fault.Status(429, fault.RetryAfter(0)))
				case a.keyed:
					faults = append(faults, fault.Drop(fault.AfterCommit))
				}
			}
			mock.Fail(a.op, faults...)
			var mu sync.Mutex
			ids := map[string]bool{}
			var group sync.WaitGroup
			for worker := range workers {
				group.Go(func() {
					for i := range each {
						id, err := c.create(t.Context(), worker*each+i)
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						ids[id] = true
						mu.Unlock()
					}
				})
			}
			group.Wait()
			if agents := mock.Agents(a.name); len(ids) != workers*each || len(agents) != workers*each {
				t.Errorf("%d different ids, %d agents", len(ids), len(agents))
			}
		})
	}
}

// TestRefusedBeforeSending: what is certainly wrong is not sent.
func TestRefusedBeforeSending(t *testing.T) {
	onEach(t, func(s *scene) {
		e := s.failed("", s.createNothing(s.Context()), agentclients.ErrInvalidRequest)
		if len(e.Fields) == 0 {
			s.Errorf("no field is named: %v", e)
		}
		_, err := s.create(s.Context(), 1, agentclients.WithHeader("X-Trace", "a\r\nX-Evil: 1"), agentclients.WithHeader("Idempotency-Key", "1"))
		if e := s.failed("", err, agentclients.ErrInvalidRequest); len(e.Fields) != 2 {
			s.Errorf("problems: %v", e.Fields)
		}
		done, cancel := context.WithCancel(s.Context())
		cancel()
		_, err = s.create(done, 1)
		if e := s.failed("", err, context.Canceled); e.OutcomeUnknown {
			s.Errorf("a doubt is left: %v", err)
		}
		if n := s.mock.Count(journal.Match{}); n != 0 {
			s.Errorf("%d requests were sent", n)
		}
	})
}

func TestBadConfigurations(t *testing.T) {
	for _, a := range apis {
		for _, key := range []string{apiKey + "\r\nX-Evil: 1", apiKey + "\n", "\x00" + apiKey} {
			_, err := a.connect(key, agentclients.Options{BaseURL: "https://api.example.com"})
			if !errors.Is(err, agentclients.ErrInvalidRequest) || strings.Contains(err.Error(), apiKey) || !strings.Contains(err.Error(), "APIKey") {
				t.Errorf("%s with key %q: %v", a.name, key, err)
			}
		}
		for _, url := range []string{"http://api.example.com", "https://u:" + apiKey + "@api.example.com", "https://api.example.com?key=" + apiKey, "ftp://api.example.com"} {
			_, err := a.connect(apiKey, agentclients.Options{BaseURL: url})
			if !errors.Is(err, agentclients.ErrInvalidRequest) || strings.Contains(err.Error(), apiKey) || !strings.Contains(err.Error(), "BaseURL") {
				t.Errorf("%s with base URL %s: %v", a.name, url, err)
			}
		}
	}
}

// TestConflictAtOnce: a conflict that follows no lost response is the caller's
// to resolve. Agentloop's client looks whether its own id is there.
func TestConflictAtOnce(t *testing.T) {
	onEach(t, func(s *scene) {
		s.mock.Fail(s.op, fault.Status(409))
		id, err := s.create(s.Context(), 1)
		if e := s.failed(id, err, agentclients.ErrConflict); e.OutcomeUnknown || e.Attempts != 1 {
			s.Errorf("outcome unknown %v, %d attempts: %v", e.OutcomeUnknown, e.Attempts, err)
		}
		s.check(1, 0)
		want := 1
		if s.name == mockserver.Agentloop {
			want = 2
		}
		if n := s.mock.Count(journal.Match{}); n != want {
			s.Errorf("%d requests", n)
		}
	})
}

// TestDuplicatesThatAreAllowed: who asks for it gets a repeat of the creates
// that cannot be repeated safely.
func TestDuplicatesThatAreAllowed(t *testing.T) {
	onEach(t, func(s *scene) {
		s.mock.Fail(s.op, fault.Drop(fault.AfterCommit))
		if _, err := s.create(s.Context(), 1); err != nil {
			s.Fatal(err)
		}
		if s.keyed {
			s.check(2, 1)
		} else {
			s.check(2, 2)
		}
	}, func(o *agentclients.Options) { o.Retry.AllowDuplicates = true })
}
