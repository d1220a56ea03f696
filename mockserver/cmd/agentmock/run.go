package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"

	"github.com/agentclients/agentclients-go/mockserver"
)

// The exit codes.
const (
	exitStopped  = 0 // an orderly end
	exitFailed   = 1 // it could not serve, or a health check failed
	exitMisusage = 2 // a flag, or a file that it names, is wrong
)

// process is what the program gets from its surroundings.
type process struct {
	args           []string
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// errMisusage marks an error that is the fault of a flag, or of a file that
// it names.
var errMisusage = errors.New("misusage")

// misusage is an error for which the program ends with exit code 2.
func misusage(format string, values ...any) error {
	return misused{fmt.Errorf(format, values...)}
}

type misused struct{ error }

func (misused) Is(target error) bool { return target == errMisusage }
func (m misused) Unwrap() error      { return m.error }

// run is the program, up to its exit code. It serves until ctx ends.
func run(ctx context.Context, p process) int {
	s, err := readSettings(p.args, p.getenv, p.stdout)
	switch {
	case errors.Is(err, errHelp):
		return exitStopped
	case err != nil:
		return p.fail(misusage("%w", err))
	case s.version:
		fmt.Fprintf(p.stdout, "agentmock %s %s %s/%s\n", mockserver.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return exitStopped
	case s.printOpenAPI:
		fmt.Fprintf(p.stdout, "%s\n", mockserver.OpenAPI())
		return exitStopped
	case s.healthcheck:
		err = checkHealth(s)
	default:
		err = serve(ctx, p, s)
	}
	if err != nil {
		return p.fail(err)
	}
	return exitStopped
}

// fail says in one line what is wrong.
func (p process) fail(err error) int {
	fmt.Fprintf(p.stderr, "agentmock: %v\n", err)
	if errors.Is(err, errMisusage) {
		return exitMisusage
	}
	return exitFailed
}

// logger makes the log that the flags ask for. Every request is logged only
// if that was asked for.
func (s *settings) logger(to io.Writer) *slog.Logger {
	level := slog.LevelInfo
	if s.verbose {
		level = slog.LevelDebug
	}
	options := &slog.HandlerOptions{Level: level}
	switch s.log {
	case "off":
		return slog.New(slog.DiscardHandler)
	case "json":
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}
