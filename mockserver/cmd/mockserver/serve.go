package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
)

// graceTime is how long requests that are being answered have to end. Those
// that wait because of a fault are ended before.
const graceTime = 50 * time.Millisecond

// serve serves until ctx ends.
func serve(ctx context.Context, p process, s *settings) error {
	logger := s.logger(p.stderr)
	madeUpToken := s.adminToken == "" && !isLoopback(s.guarded())
	if madeUpToken {
		s.adminToken = rand.Text()
	}
	seed, err := readSeeds(s.seedFiles)
	if err != nil {
		return err
	}
	mock, err := newMock(s, seed, logger)
	if err != nil {
		return err
	}
	defer mock.Close()
	var state *stateFile
	if s.stateFile != "" {
		if state, err = openStateFile(s.stateFile, mock, logger); err != nil {
			return err
		}
		defer state.unlock()
	}
	rules := rulesFile{name: s.rulesFile, mock: mock}
	if err := rules.read(); err != nil {
		return err
	}

	var handler http.Handler = mock
	if state != nil {
		handler = state.watch(handler)
	}
	servers, err := listen(s, handler, logger)
	if err != nil {
		return err
	}
	failed := make(chan error, len(servers))
	for _, server := range servers {
		go func() { failed <- server.serve() }()
	}
	end, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.endEarly(p.stdin, cancel)
	var hangups chan os.Signal // nil without files to read again: then the signal ends the program
	if len(s.seedFiles) > 0 || s.rulesFile != "" {
		hangups = make(chan os.Signal, 1)
		signal.Notify(hangups, syscall.SIGHUP)
		defer signal.Stop(hangups)
	}
	saved := make(chan struct{})
	go func() {
		defer close(saved)
		if state != nil {
			state.keep(end)
		}
	}()

	if err = announce(p.stdout, s, servers, madeUpToken); err == nil {
		logger.Info("serving", "url", servers[0].url)
		for serving := true; serving; {
			select {
			case <-hangups:
				rereadFiles(s, &rules, logger)
			case err = <-failed:
				serving = false
			case <-end.Done():
				logger.Info("ending", "cause", context.Cause(end).Error())
				serving = false
			}
		}
	}
	cancel(err)
	mock.Close()
	grace, done := context.WithTimeout(context.Background(), graceTime)
	defer done()
	for _, server := range servers {
		if server.http.Shutdown(grace) != nil {
			server.http.Close() //nolint:errcheck // it is the end either way
		}
	}
	<-saved
	if state != nil {
		err = errors.Join(err, state.save())
	}
	if s.portFile != "" {
		os.Remove(s.portFile) //nolint:errcheck // nobody serves there any more; what matters is done
	}
	return err
}

// newMock makes the server that the flags describe.
func newMock(s *settings, seed json.RawMessage, logger *slog.Logger) (*mockserver.Server, error) {
	config := mockserver.Config{
		Root:           mockserver.API(s.mountRoot),
		APIKeys:        s.apiKeys,
		Strictness:     mockserver.Strictness(s.strict),
		RateLimits:     s.rateLimits,
		RateLimit:      s.rate,
		Deterministic:  s.deterministic,
		ClockStep:      s.clockStep,
		JournalEntries: s.journal,
		JournalBytes:   int(s.journalBytes),
		MaxNamespaces:  s.maxSpaces,
		NamespaceTTL:   s.spaceTTL,
		PublicURL:      s.publicURL,
		AdminToken:     s.adminToken,
		Logger:         logger,
		Seed:           seed,
	}
	for _, api := range s.apis {
		config.APIs = append(config.APIs, mockserver.API(api))
	}
	for _, variant := range s.variants {
		config.Variants = append(config.Variants, mockserver.Variant(variant))
	}
	if s.journal == 0 || s.noJournal {
		config.JournalEntries = -1
	}
	if !s.clock.IsZero() {
		config.Now = func() time.Time { return s.clock }
	}
	mock, err := mockserver.New(config)
	if err != nil {
		return nil, misusage("%s", strings.TrimPrefix(err.Error(), "mockserver: "))
	}
	return mock, nil
}

// server is one listener with what serves it.
type server struct {
	listener net.Listener
	http     *http.Server
	url      string
}

func (s *server) serve() error {
	if s.http.TLSConfig != nil {
		return s.http.ServeTLS(s.listener, "", "")
	}
	return s.http.Serve(s.listener)
}

// listen opens the port, and that of the admin API if it has its own.
func listen(s *settings, handler http.Handler, logger *slog.Logger) ([]*server, error) {
	encryption, authority, err := s.encryption()
	if err != nil {
		return nil, err
	}
	main := handler
	if s.adminAddr != "" {
		main = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isAdmin(r) {
				http.Error(w, "the admin API has its own address", http.StatusNotFound)
				return
			}
			handler.ServeHTTP(w, r)
		})
	}
	addresses, handlers := []string{s.addr}, []http.Handler{main}
	if s.adminAddr != "" {
		addresses = append(addresses, s.adminAddr)
		handlers = append(handlers, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !isAdmin(r) {
				http.Error(w, "only /_mock/ is served here", http.StatusNotFound)
				return
			}
			handler.ServeHTTP(w, r)
		}))
	}
	var servers []*server
	for i, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			for _, other := range servers {
				other.listener.Close() //nolint:errcheck // the first error counts
			}
			return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
		}
		servers = append(servers, &server{
			listener: listener,
			url:      serverURL(s, reachable(listener.Addr().String())),
			http: &http.Server{
				Handler:           handlers[i],
				TLSConfig:         encryption.Clone(),
				Protocols:         onlyHTTP1(),
				ReadHeaderTimeout: 30 * time.Second,
				IdleTimeout:       2 * time.Minute,
				ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
			},
		})
	}
	if s.caOut != "" {
		if err := writeFile(s.caOut, authority, 0o644); err != nil {
			return nil, misusage("-ca-out: %w", err)
		}
	}
	return servers, nil
}

// onlyHTTP1 keeps a connection for each request at a time: with several on
// one, a fault that breaks the connection would hit the others, too.
func onlyHTTP1() *http.Protocols {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &protocols
}

func isAdmin(r *http.Request) bool {
	return r.URL.Path == "/_mock" || strings.HasPrefix(r.URL.Path, "/_mock/")
}

// encryption returns nil if the server does not speak TLS.
func (s *settings) encryption() (config *tls.Config, authority []byte, err error) {
	var certificate tls.Certificate
	switch {
	case s.tls:
		hosts := make([]string, 0, 3)
		for _, address := range []string{s.addr, s.guarded()} {
			host, _, _ := net.SplitHostPort(address)
			hosts = append(hosts, host)
		}
		if u, err := url.Parse(s.publicURL); err == nil {
			hosts = append(hosts, u.Hostname())
		}
		if certificate, authority, err = makeCertificate(hosts...); err != nil {
			return nil, nil, err
		}
	case s.certFile != "":
		if certificate, err = tls.LoadX509KeyPair(s.certFile, s.keyFile); err != nil {
			return nil, nil, misusage("-cert and -key: %w", err)
		}
	default:
		return nil, nil, nil
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, authority, nil
}

// endEarly arranges for the ends that flags ask for.
func (s *settings) endEarly(stdin io.Reader, end context.CancelCauseFunc) {
	if s.maxRun > 0 {
		time.AfterFunc(s.maxRun, func() { end(errors.New("-max-run is over")) })
	}
	if s.exitOnStdinClose {
		go func() {
			io.Copy(io.Discard, stdin) //nolint:errcheck // an error is an end, too
			end(errors.New("standard input was closed"))
		}()
	}
}

// readyLine is what the program prints when it is serving.
type readyLine struct {
	Event      string                    `json:"event"`
	URL        string                    `json:"url"`
	BaseURLs   map[mockserver.API]string `json:"base_urls"`
	Admin      string                    `json:"admin"`
	AdminToken string                    `json:"admin_token,omitempty"` // only if it was made up
	PID        int                       `json:"pid"`
}

// announce tells where the server is, now that it listens.
func announce(stdout io.Writer, s *settings, servers []*server, withToken bool) error {
	main, admin := servers[0], servers[len(servers)-1]
	line := readyLine{
		Event:    "ready",
		URL:      main.url,
		BaseURLs: make(map[mockserver.API]string),
		Admin:    admin.url + "/_mock",
		PID:      os.Getpid(),
	}
	if s.publicURL != "" {
		line.URL = s.publicURL
		if s.adminAddr == "" {
			line.Admin = s.publicURL + "/_mock"
		}
	}
	if withToken {
		line.AdminToken = s.adminToken
	}
	for _, api := range mockserver.APIs() {
		if len(s.apis) == 0 || slices.Contains(s.apis, string(api)) {
			line.BaseURLs[api] = line.URL + "/" + string(api)
		}
	}
	if s.mountRoot != "" {
		line.BaseURLs[mockserver.API(s.mountRoot)] = line.URL
	}
	if s.portFile != "" {
		_, port, err := net.SplitHostPort(main.listener.Addr().String())
		if err != nil {
			return err
		}
		if err := writeFile(s.portFile, []byte(port+"\n"), 0o644); err != nil {
			return misusage("-port-file: %w", err)
		}
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n", text)
	return err
}
