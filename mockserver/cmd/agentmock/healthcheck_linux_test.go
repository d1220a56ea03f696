package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// freeAddress is an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// The health check of an image finds the server of its container, whatever
// flags that one was given, and whatever the variables of the image say.
func TestHealthcheckFindsTheServer(t *testing.T) {
	image := []string{"AGENTMOCK_ADDR=" + freeAddress(t)} // where nobody listens
	moved := freeAddress(t)
	for name, args := range map[string][]string{
		"variables":     nil,
		"address":       {"-addr", moved},
		"TLS":           {"-tls"},
		"admin address": {"-admin-addr", moved},
		"all together":  {"-addr", "127.0.0.1:0", "-tls", "-admin-addr", moved, "-tenants", "k=a", "-clock", "2026-01-01T00:00:00Z"},
		"every address": {"-addr", strings.Replace(moved, "127.0.0.1", "0.0.0.0", 1)},
		"admin on all":  {"-admin-addr", strings.Replace(moved, "127.0.0.1", "", 1), "-admin-token", "t"},
	} {
		t.Run(name, func(t *testing.T) {
			r := begin(t, command(t, image, args...))
			if out, err := command(t, image, "-healthcheck").CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
			// Another program's variables lead to another server.
			if out, err := command(t, []string{"AGENTMOCK_ADDR=127.0.0.1:1"}, "-healthcheck").CombinedOutput(); err == nil {
				t.Errorf("healthy without a server: %s", out)
			}
			r.terminate()
			if out, err := command(t, image, "-healthcheck").CombinedOutput(); err == nil || !strings.Contains(string(out), "not serving") {
				t.Errorf("healthy after the end: %v %s", err, out)
			}
		})
	}
}

// Flags that are given to a health check count, and not those of a server.
func TestHealthcheckOfItsFlags(t *testing.T) {
	r := launch(t, "-tls", "-port-file", filepath.Join(t.TempDir(), "port"))
	address := strings.TrimPrefix(r.ready.URL, "https://")
	if out, err := command(t, nil, "-healthcheck", "-tls", "-addr", address).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	for _, args := range [][]string{{"-healthcheck", "-addr", address}, {"-healthcheck", "-tls", "-addr", "127.0.0.1:1"}} {
		if out, err := command(t, nil, args...).CombinedOutput(); err == nil {
			t.Errorf("%v: %s", args, out)
		}
	}
	r.terminate()
}

// A port that only the server knows is not guessed.
func TestHealthcheckOfAFreePort(t *testing.T) {
	r := launch(t)
	if out, err := command(t, nil, "-healthcheck").CombinedOutput(); err == nil || !strings.Contains(string(out), "needs a URL, or an -addr with a port") {
		t.Errorf("%v: %s", err, out)
	}
	r.terminate()
}
