//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// pipe is a pipe whose ends are closed with the test.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// hasAgent fails the test if a state file does not have an agent of orq.
func hasAgent(t *testing.T, name, key string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(data), `"key":"`+key+`"`) {
		t.Errorf("the file does not have %s: %v %s", key, err, data)
	}
}

// mustCreate makes an agent of orq.
func mustCreate(t *testing.T, r *running, key string) {
	t.Helper()
	if got := createOrq(t, http.DefaultClient, r.ready.BaseURLs["orq"], key); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

// What was acknowledged is saved, and the end is an orderly one, whichever of
// its pipes the parent has closed.
func TestStateIsSavedWhateverPipeIsClosed(t *testing.T) {
	for _, closed := range []string{"standard error", "standard output", "both"} {
		t.Run(closed, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "state.json")
			cmd := serving(t, "-apis", "orq", "-state", name, "-verbose")
			logReader, logWriter := pipe(t)
			cmd.Stderr = logWriter
			r := begin(t, cmd)
			logWriter.Close()
			if closed != "standard error" {
				r.closeStdout()
			}
			if closed != "standard output" {
				logReader.Close()
			}
			mustCreate(t, r, "front-desk")
			r.cmd.Process.Signal(syscall.SIGTERM)
			if err := r.cmd.Wait(); err != nil {
				t.Error(err)
			}
			r.done = true
			hasAgent(t, name, "front-desk")
		})
	}
}

// A program that cannot say that it is ready serves nevertheless.
func TestReadyLineThatNobodyReads(t *testing.T) {
	for _, what := range []string{"closed", "full"} {
		t.Run(what, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "state.json")
			cmd := serving(t, "-apis", "orq", "-state", name)
			reader, writer := pipe(t)
			if what == "closed" {
				reader.Close()
			} else {
				fill(t, writer)
			}
			log := newErrorOutput()
			cmd.Stdout, cmd.Stderr = writer, log
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			said := log.next(t, "msg=serving")
			base := regexp.MustCompile(`msg=serving url=(\S+)`).FindStringSubmatch(said)[1]
			if got := createOrq(t, http.DefaultClient, base+"/orq", "front-desk"); got.status != 201 {
				t.Errorf("%d %s", got.status, got.body)
			}
			cmd.Process.Signal(syscall.SIGTERM)
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, log)
			}
			hasAgent(t, name, "front-desk")
			if what == "closed" && !strings.Contains(said+log.String(), "the ready line cannot be printed") {
				t.Errorf("the log does not say so: %s", said)
			}
		})
	}
}

// fill writes into a pipe until it takes no more.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	descriptor := int(w.Fd()) // makes it block
	if err := syscall.SetNonblock(descriptor, true); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		_, err = syscall.Write(descriptor, make([]byte, 1))
	}
	if err := syscall.SetNonblock(descriptor, false); err != nil {
		t.Fatal(err)
	}
}

// A log that nobody reads stops nothing: neither requests nor the end.
func TestServesOnWhenNobodyReadsTheLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	cmd := serving(t, "-apis", "orq", "-state", name, "-verbose")
	_, writer := pipe(t)
	fill(t, writer)
	cmd.Stderr = writer
	r := begin(t, cmd)
	client := &http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	for i := range 1000 {
		got := send(t, client, "GET", fmt.Sprintf("%s/v2/agents/%d-%s", r.ready.BaseURLs["orq"], i, strings.Repeat("x", 200)), "", "Authorization", "Bearer k")
		if got.status != 404 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	mustCreate(t, r, "front-desk")
	r.terminate()
	hasAgent(t, name, "front-desk")
}

// A program that was started without standard error does not write its log
// into a file that it opens.
func TestStateFileIsNotTheLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	program := serving(t, "-apis", "orq", "-state", name, "-verbose")
	cmd := command(t, nil)
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `exec "$0" "$@" 2>&-`}, program.Args...)
	r := begin(t, cmd)
	mustCreate(t, r, "front-desk")
	r.terminate()
	hasAgent(t, name, "front-desk")
	launch(t, "-apis", "orq", "-state", name).terminate() // it can be read
}

// The terminal that goes away does not cost the last agents.
func TestHangUpSavesTheState(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	r := launch(t, "-apis", "orq", "-state", name)
	mustCreate(t, r, "front-desk")
	r.cmd.Process.Signal(syscall.SIGHUP)
	if code, _ := r.end(); code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
	hasAgent(t, name, "front-desk")
}

// A file to read can be a pipe, once. Waiting for one ends with the program,
// and when files are read again a pipe is refused instead of waited for.
func TestPipesToRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	t.Run("nobody writes", func(t *testing.T) {
		for _, flag := range []string{"-seed", "-rules"} {
			cmd := serving(t, flag, name)
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// It reads when the other end can be opened.
			writer, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			cmd.Process.Signal(syscall.SIGTERM)
			io.Copy(io.Discard, stdout)
			if err := cmd.Wait(); err != nil {
				t.Errorf("%s: %v", flag, err)
			}
			writer.Close()
		}
	})
	t.Run("again", func(t *testing.T) {
		go os.WriteFile(name, []byte(`[{"op":"orq.ListAgents","do":[{"status":418}]}]`), 0)
		r := launch(t, "-apis", "orq", "-rules", name)
		if logged := r.hangUp(); !strings.Contains(logged, "is a pipe; it must be a regular file") {
			t.Errorf("the log says %s", logged)
		}
		if got := send(t, http.DefaultClient, "GET", r.ready.BaseURLs["orq"]+"/v2/agents", "", "Authorization", "Bearer k"); got.status != 418 {
			t.Errorf("the rule is gone: %d %s", got.status, got.body)
		}
		r.terminate()
	})
}
