package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/google/go-cmp/cmp"
)

func TestStateFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	r := launch(t, "-state", name)
	first := createOrq(t, http.DefaultClient, r.ready.BaseURLs["orq"], "front-desk")
	if first.status != 201 {
		t.Fatalf("%d %s", first.status, first.body)
	}
	t.Run("another server", func(t *testing.T) {
		cmd := command(t, nil, "-state", name)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(out), "another server is using it") {
			t.Errorf("exit code %d: %s", code, out)
		}
	})
	r.terminate()
	r = launch(t, "-state", name)
	again := send(t, http.DefaultClient, "GET", r.ready.BaseURLs["orq"]+"/v2/agents/front-desk", "", "Authorization", "Bearer k")
	created, loaded := first.object(t), again.object(t)
	delete(loaded, "workspace_id") // which responses to creates do not have
	if diff := cmp.Diff(created, loaded); diff != "" {
		t.Errorf("the agent changed (-created +loaded):\n%s", diff)
	}
	if got := createOrq(t, http.DefaultClient, r.ready.BaseURLs["orq"], "night-desk"); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	r.terminate()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"front-desk", "night-desk"} {
		lines := 0
		for line := range strings.Lines(string(data)) {
			if strings.Contains(line, `"key":"`+key+`"`) {
				lines++
			}
		}
		if lines != 1 {
			t.Errorf("%d lines have the agent %s, want 1:\n%s", lines, key, data)
		}
	}
	t.Run("as a seed", func(t *testing.T) {
		r := launch(t, "-seed", name)
		for range 2 {
			if got := send(t, http.DefaultClient, "GET", r.ready.BaseURLs["orq"]+"/v2/agents/night-desk", "", "Authorization", "Bearer k"); got.status != 200 {
				t.Errorf("%d %s", got.status, got.body)
			}
			send(t, http.DefaultClient, "DELETE", r.ready.BaseURLs["orq"]+"/v2/agents/night-desk", "", "Authorization", "Bearer k")
			send(t, http.DefaultClient, "POST", r.ready.Admin+"/namespaces/default/reset", "")
		}
		r.terminate()
	})
	for text, says := range map[string]string{
		"":                       "ends too soon",
		`{"version":1,"apis":{"`: "ends too soon",
		`{"version":99}`:         "version is 99",
		`{"version":1,"apis":{"orq":{"agents":[{"tenant":"a","id":"x","record":3}]}}}`: "apis.orq",
		`{"version":1,"apis":{},"rules":[]}`:                                           `unknown member "rules"`,
	} {
		write(t, name, text)
		cmd := command(t, nil, "-state", name)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), says) || !strings.Contains(string(out), name) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("with %q: exit code %d: %s", text, code, out)
		}
		if left, _ := os.ReadFile(name); string(left) != text {
			t.Errorf("%q was overwritten by %q", text, left)
		}
	}
}

// Secrets never get into the file, and the help says so.
func TestStateFileHasNoSecrets(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	r := launch(t, "-state", name)
	made := send(t, http.DefaultClient, "POST", r.ready.BaseURLs["orq"]+"/v2/agents/",
		`{"key":"a","role":"r","description":"d","instructions":"i","path":"Default","model":"openai/gpt-4o","settings":{"tools":[]},"variables":{"api_key":"s3cret","city":"Bern"}}`,
		"Authorization", "Bearer k", "Content-Type", "application/json")
	if made.status != 201 || !strings.Contains(string(made.body), "s3cret") {
		t.Fatalf("%d %s", made.status, made.body)
	}
	r.terminate()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); strings.Contains(text, "s3cret") || !strings.Contains(text, `"api_key":"[redacted]"`) || !strings.Contains(text, "Bern") {
		t.Errorf("the file has %s", text)
	}
	r = launch(t, "-state", name)
	if again := send(t, http.DefaultClient, "GET", r.ready.BaseURLs["orq"]+"/v2/agents/a", "", "Authorization", "Bearer k"); !strings.Contains(string(again.body), `"api_key":"[redacted]"`) {
		t.Errorf("after loading: %d %s", again.status, again.body)
	}
	r.terminate()

	help, err := command(t, nil, "-help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for flag, says := range map[string]string{"-state": `"[redacted]"`, "-seed": "SIGHUP", "-rules": "SIGHUP"} {
		_, usage, _ := strings.Cut(string(help), "\n  "+flag+" ")
		if usage, _, _ = strings.Cut(usage, "\n  -"); !strings.Contains(usage, says) {
			t.Errorf("the help of %s does not say %s: %s", flag, says, usage)
		}
	}
}

// The file is written while the server runs, when nothing happened for a
// while, or when too much did.
func TestStateIsWrittenWhenQuiet(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	synctest.Test(t, func(t *testing.T) {
		mock := mockserver.StartInMemory(t, mockserver.Config{})
		state, err := openStateFile(name, mock, (&settings{log: "off"}).logger(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer state.unlock()
		go state.keep(t.Context())
		saved := func() int {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			return bytes.Count(data, []byte(`"key":`))
		}
		handler := state.watch(mock)
		create := func() { createThrough(t, handler) }
		create()
		after(quietTime - 1)
		if n := saved(); n != 0 {
			t.Errorf("%d records were saved before it was quiet", n)
		}
		after(1)
		if n := saved(); n != 1 {
			t.Errorf("%d records were saved when it was quiet, want 1", n)
		}
		for range mostUnsafe / (quietTime / 2) {
			create()
			after(quietTime / 2)
		}
		if n := saved(); n < 10 {
			t.Errorf("%d records were saved in %s of work", n, mostUnsafe)
		}
	})
}

// after lets virtual time pass, and everything happen that was due.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestLayOut(t *testing.T) {
	document := `{"version":1,"apis":{"orq":{"agents":[{"tenant":"a","record":{"x":[1,{"y":"}]{[,:\"\\"}],"e":[]}},{"id":"b"}],"none":[]},"xpander":{}},"ids":{"k":2}}`
	const want = `{
  "version": 1,
  "apis": {
    "orq": {
      "agents": [
        {"tenant":"a","record":{"x":[1,{"y":"}]{[,:\"\\"}],"e":[]}},
        {"id":"b"}
      ],
      "none": []
    },
    "xpander": {}
  },
  "ids": {
    "k": 2
  }
}
`
	got := layOut([]byte(document))
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, got); err != nil || compact.String() != document {
		t.Errorf("%v: it became %s", err, &compact)
	}
}

func FuzzLayOut(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[{"c":"\"{"}]}}`))
	f.Add([]byte(`[[],{},"x",[[[[[[1]]]]]]]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var document bytes.Buffer
		if json.Compact(&document, data) != nil {
			return
		}
		var back bytes.Buffer
		if err := json.Compact(&back, layOut(document.Bytes())); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Bytes(), document.Bytes()) {
			t.Errorf("%s became %s", &document, &back)
		}
	})
}

func TestSeedsAreJoined(t *testing.T) {
	directory := t.TempDir()
	mock := mockserver.StartInMemory(t, mockserver.Config{})
	createThrough(t, mock)
	orq := filepath.Join(directory, "orq.json")
	write(t, orq, string(mock.Snapshot()))
	xpander := filepath.Join(directory, "xpander.json")
	write(t, xpander, `{"version":1,"apis":{"xpander":{}}}`)
	joined, err := readSeeds(t.Context(), []string{orq, xpander})
	if err != nil {
		t.Fatal(err)
	}
	other := mockserver.StartInMemory(t, mockserver.Config{Seed: joined})
	if n := len(other.Agents(mockserver.Orq)); n != 1 {
		t.Errorf("%d agents, want 1", n)
	}
	write(t, filepath.Join(directory, "README.md"), "no seed")
	if folder, err := readSeeds(t.Context(), []string{directory}); err != nil || !bytes.Equal(folder, joined) {
		t.Errorf("the folder of both: %v\n%s", err, folder)
	}
	if _, err := readSeeds(t.Context(), []string{t.TempDir()}); err == nil || !strings.Contains(err.Error(), "no file whose name ends in .json") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := readSeeds(t.Context(), []string{orq, orq}); err == nil || !strings.Contains(err.Error(), "only one file may") {
		t.Errorf("the same API twice: %v", err)
	}
}

func TestTLS(t *testing.T) {
	name := filepath.Join(t.TempDir(), "ca.pem")
	r := launch(t, "-tls", "-ca-out", name)
	if !strings.HasPrefix(r.ready.URL, "https://127.0.0.1:") {
		t.Fatalf("%+v", r.ready)
	}
	authority, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		t.Fatalf("no certificate in %s", authority)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	if got := createOrq(t, client, r.ready.BaseURLs["orq"], "a"); got.status != 201 {
		t.Errorf("%d %s", got.status, got.body)
	}
	named := strings.Replace(r.ready.BaseURLs["orq"], "127.0.0.1", "localhost", 1)
	if got := createOrq(t, client, named, "b"); got.status != 201 {
		t.Errorf("by name: %d %s", got.status, got.body)
	}
	// A client whose base URL is the vendor's reaches the mock when the name
	// leads here, as in a hosts file.
	here := strings.TrimPrefix(r.ready.URL, "https://")
	vendors := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, here)
	}}}
	defer vendors.CloseIdleConnections()
	for _, host := range mockserver.Hosts() {
		response, err := vendors.Get("https://" + host + "/_mock/health")
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		response.Body.Close()
	}
	if got := createOrq(t, vendors, "https://api.orq.ai", "c"); got.status != 201 {
		t.Errorf("by the vendor's name: %d %s", got.status, got.body)
	}
	if _, err := http.Get(r.ready.URL); err == nil {
		t.Error("a client that does not know the authority trusts it")
	}
	space := send(t, client, "POST", r.ready.Admin+"/namespaces", `{"name":"w1"}`).object(t)
	if urls, _ := space["base_urls"].(map[string]any); urls["orq"] != r.ready.URL+"/_ns/w1/orq" {
		t.Errorf("namespace: %v", space)
	}
	check := command(t, nil, "-healthcheck", r.ready.Admin+"/health")
	if err := check.Run(); err != nil {
		t.Errorf("health check: %v", err)
	}
	r.terminate()
}

func TestRulesFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rules.json")
	write(t, name, `[{"op":"orq.CreateAgent","times":1,"do":[{"status":503,"retry_after":"2s"}]}]`)
	r := launch(t, "-rules", name, "-clock", "2026-01-02T03:04:05Z", "-clock-step", "1m", "-deterministic")
	if got := createOrq(t, http.DefaultClient, r.ready.BaseURLs["orq"], "a"); got.status != 503 || got.header.Get("Retry-After") != "2" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	got := createOrq(t, http.DefaultClient, r.ready.BaseURLs["orq"], "a").object(t)
	if got["created"] != "2026-01-02T03:05:05.000Z" {
		t.Errorf("the second request is dated %v", got["created"])
	}
	r.terminate()
}
