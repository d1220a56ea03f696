package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"

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
	terminal       bool // somebody may be looking at stderr
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
	stderr := newOutput(p.stderr)
	defer stderr.flush(graceTime)
	p.stderr = stderr
	s, err := readSettings(p.args, p.getenv, p.stdout)
	switch {
	case errors.Is(err, errHelp):
		return exitStopped
	case err != nil:
		err = misusage("%w", err)
	case s.version:
		_, err = fmt.Fprintf(p.stdout, "agentmock %s %s %s/%s\n", mockserver.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	case s.printOpenAPI:
		_, err = fmt.Fprintf(p.stdout, "%s\n", mockserver.OpenAPI())
	case s.healthcheck:
		err = checkHealth(ctx, s)
	default:
		stderr.tellWith(s.logger(stderr.to))
		err = serve(ctx, p, s)
	}
	switch {
	case errors.Is(err, errInterrupted):
		return exitStopped
	case err != nil:
		return p.fail(err)
	}
	return exitStopped
}

// fail says in one line what is wrong.
func (p process) fail(err error) int {
	fmt.Fprintf(p.stderr, "agentmock: %s\n", oneLine(err))
	if errors.Is(err, errMisusage) {
		return exitMisusage
	}
	return exitFailed
}

// oneLine is the text of an error; those of several are separated.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

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
