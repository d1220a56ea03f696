package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
)

// graceTime is how long requests that are being served have to end, and what
// was printed to be read. Requests that wait because of a fault are ended
// before.
const graceTime = 50 * time.Millisecond

// serve serves until ctx ends.
func serve(ctx context.Context, p process, s *settings) error {
	logger := s.logger(p.stderr)
	madeUpToken := s.adminToken == "" && !isLoopback(s.guarded())
	if madeUpToken {
		s.adminToken = rand.Text()
	}
	seed, err := readSeeds(ctx, s.seedFiles)
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
	if err := rules.read(ctx); err != nil {
		return err
	}

	var handler http.Handler = mock
	if state != nil {
		handler = state.watch(handler)
	}
	servers, err := listen(ctx, s, handler, logger)
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
	hangups, ignoreHangups := s.onHangUp(cancel)
	defer ignoreHangups()
	saved := make(chan struct{})
	go func() {
		defer close(saved)
		if state != nil {
			state.keep(end)
		}
	}()

	if s.portFile != "" {
		if err = writePort(s.portFile, servers[0]); err == nil {
			defer removeFile(s.portFile) //nolint:errcheck // nobody serves there any more; what matters is done
		}
	}
	if err == nil {
		line := newReadyLine(s, servers, madeUpToken)
		printed := line.print(p.stdout, func(err error) { logger.Warn("the ready line cannot be printed", "error", err) })
		defer waitAtMost(graceTime, printed)
		if p.terminal && s.log == "text" {
			line.banner(p.stderr)
		}
		logger.Info("serving", "url", servers[0].url)
		err = await(end, failed, hangups, func() { rereadFiles(end, s, &rules, logger) })
	}
	cause := context.Cause(end)
	cancel(err)
	mock.Close()
	shutDown(servers)
	<-saved
	if state != nil {
		err = errors.Join(err, state.save())
	}
	if err == nil && cause != nil {
		logger.Info("ended", "cause", cause.Error())
	}
	return err
}

// onHangUp arranges for what a hangup means: files to read again, or the end.
func (s *settings) onHangUp(end context.CancelCauseFunc) (hangups <-chan os.Signal, stop func()) {
	received := make(chan os.Signal, 1)
	stop = func() { signal.Stop(received) }
	switch {
	case hangUp == nil:
	case len(s.seedFiles) > 0 || s.rulesFile != "":
		signal.Notify(received, hangUp)
		return received, stop
	case s.stateFile != "" && !signal.Ignored(hangUp): // else the signal ends the program, or does nothing, by itself
		signal.Notify(received, hangUp)
		go func() {
			<-received
			end(errors.New("hangup"))
		}()
	}
	return nil, stop
}

// waitAtMost waits for something that may never happen.
func waitAtMost(most time.Duration, happened <-chan struct{}) {
	overdue := time.NewTimer(most)
	defer overdue.Stop()
	select {
	case <-happened:
	case <-overdue.C:
	}
}

// await returns when ctx ends, or the error of a server that failed. On a
// hangup it reads files again.
func await(ctx context.Context, failed <-chan error, hangups <-chan os.Signal, reread func()) error {
	for {
		select {
		case <-hangups:
			reread()
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// shutDown ends the servers, and what they still do after graceTime.
func shutDown(servers []*server) {
	grace, done := context.WithTimeout(context.Background(), graceTime)
	defer done()
	for _, server := range servers {
		if server.http.Shutdown(grace) != nil {
			server.http.Close() //nolint:errcheck // it is the end either way
		}
	}
}

// newMock makes the server that the flags describe.
func newMock(s *settings, seed json.RawMessage, logger *slog.Logger) (*mockserver.Server, error) {
	config := mockserver.Config{
		APIs:           s.apis,
		Variants:       s.variants,
		Root:           s.mountRoot,
		APIKeys:        s.apiKeys,
		Tenants:        s.tenants,
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
		AllowOrigins:   s.allowOrigins,
		Compare:        s.compare,
		CompareKeep:    s.compareKeep,
		AdminToken:     s.adminToken,
		Logger:         logger,
		Seed:           seed,
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
