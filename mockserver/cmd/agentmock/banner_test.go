package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// serveFor runs the program in this process until it has said on stdout that
// it is ready, and returns that line and what it wrote on standard error.
func serveFor(t *testing.T, terminal bool, args ...string) (ready readyLine, stderr string) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	stdout, printed := io.Pipe()
	var log bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, process{
			args:   append([]string{"-addr", "127.0.0.1:0"}, args...),
			getenv: noVariables, stdout: printed, stderr: &log, terminal: terminal,
		})
	}()
	if err := json.NewDecoder(stdout).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	end()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d: %s", got, &log)
	}
	return ready, log.String()
}

// People who start the program in a terminal see where it serves; programs
// that read its log do not.
func TestBannerOnTerminal(t *testing.T) {
	ready, shown := serveFor(t, true, "-apis", "orq,xpander")
	for _, want := range []string{ready.URL + "/orq\n", ready.URL + "/xpander\n", ready.Admin + "/\n", "Ctrl-C"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in %s", want, shown)
		}
	}
	if strings.Contains(shown, "omniflow") {
		t.Errorf("it shows an API that is not emulated: %s", shown)
	}
	for _, test := range []struct {
		terminal bool
		args     []string
	}{{false, nil}, {true, []string{"-log", "json"}}, {true, []string{"-log", "off"}}} {
		if _, shown := serveFor(t, test.terminal, test.args...); strings.Contains(shown, "Ctrl-C") {
			t.Errorf("with %+v it shows %s", test, shown)
		}
	}
}

// The token that was made up is on standard output only.
func TestBannerHasNoToken(t *testing.T) {
	ready, shown := serveFor(t, true, "-addr", "0.0.0.0:0")
	if ready.AdminToken == "" || strings.Contains(shown, ready.AdminToken) || !strings.Contains(shown, "admin_token") {
		t.Errorf("the token is %q, and standard error has %s", ready.AdminToken, shown)
	}
}

func TestIsTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if isTerminal(file) || isTerminal(w) {
		t.Error("a file or a pipe is taken for a terminal")
	}
	if device, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err == nil {
		defer device.Close()
		if !isTerminal(device) {
			t.Error("a terminal is not taken for one")
		}
	}
}
