package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is where the program was built, and what went wrong.
var built = sync.OnceValues(func() (string, error) {
	directory, err := os.MkdirTemp("", "agentmock-test")
	if err != nil {
		return "", err
	}
	name := filepath.Join(directory, "agentmock")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return name, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := built(); err == nil {
		os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// patience is how long a test waits for what should take milliseconds.
const patience = 20 * time.Second

// command is the built program, with nothing of this process's environment
// that could change it.
func command(t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	name, err := built()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	return cmd
}

// running is a program that serves.
type running struct {
	cmd         *exec.Cmd
	ready       readyLine
	stdin       io.WriteCloser
	stdout      *bufio.Reader
	closeStdout func() error
	stderr      *errorOutput
	t           testing.TB
	done        bool
}

// errorOutput is what a program writes on standard error.
type errorOutput struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // has an element when there is more
}

func newErrorOutput() *errorOutput { return &errorOutput{grown: make(chan struct{}, 1)} }

func (o *errorOutput) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grown <- struct{}{}:
	default:
	}
	return o.text.Write(data)
}

func (o *errorOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// next waits for a line with a text, and returns what was written until then
// and not returned before.
func (o *errorOutput) next(t testing.TB, text string) string {
	t.Helper()
	overdue := time.After(patience)
	for {
		o.mu.Lock()
		if _, after, found := strings.Cut(o.text.String(), text); found && strings.Contains(after, "\n") {
			seen := o.text.String()
			o.text.Reset()
			o.mu.Unlock()
			return seen
		}
		o.mu.Unlock()
		select {
		case <-o.grown:
		case <-overdue:
			t.Fatalf("standard error never says %q: %s", text, o)
		}
	}
}

// launch starts the program on a free port and waits until it is ready.
func launch(t testing.TB, args ...string) *running {
	t.Helper()
	return begin(t, serving(t, args...))
}

// serving is the command of a program that is to serve on a free port.
func serving(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	return command(t, nil, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
}

// begin starts a command and waits until the program is ready. Its standard
// error is kept unless it already goes somewhere.
func begin(t testing.TB, cmd *exec.Cmd) *running {
	t.Helper()
	r := &running{cmd: cmd, stderr: newErrorOutput(), t: t}
	if cmd.Stderr == nil {
		cmd.Stderr = r.stderr
	}
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.stdout, r.closeStdout = bufio.NewReader(stdout), stdout.Close
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !r.done {
			r.cmd.Process.Kill()
			r.cmd.Wait()
		}
	})
	line, err := r.stdout.ReadBytes('\n')
	if err != nil {
		r.cmd.Wait()
		t.Fatalf("no ready line: %v; standard error: %s", err, r.stderr)
	}
	if err := json.Unmarshal(line, &r.ready); err != nil {
		t.Fatalf("ready line %s: %v", line, err)
	}
	return r
}

// end waits for the program to end and returns its exit code and what else it
// printed.
func (r *running) end() (code int, stdout string) {
	r.t.Helper()
	rest, err := io.ReadAll(r.stdout)
	if err != nil {
		r.t.Fatal(err)
	}
	r.cmd.Wait()
	r.done = true
	return r.cmd.ProcessState.ExitCode(), string(rest)
}

// terminate ends the program as a supervisor does.
func (r *running) terminate() {
	r.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		r.t.Fatal(err)
	}
	if code, stdout := r.end(); code != 0 || stdout != "" {
		r.t.Errorf("exit code %d, standard output %q, standard error %s", code, stdout, r.stderr)
	}
}

// reply is a response with its body read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(r.body, &members); err != nil {
		t.Fatalf("status %d, body %s: %v", r.status, r.body, err)
	}
	return members
}

func send(t testing.TB, client *http.Client, method, url, body string, headers ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, data}
}

// createOrq makes an agent on orq.
func createOrq(t testing.TB, client *http.Client, base, key string) reply {
	t.Helper()
	return send(t, client, "POST", base+"/v2/agents/",
		`{"key":"`+key+`","role":"r","description":"d","instructions":"i","path":"Default","model":"openai/gpt-4o","settings":{"tools":[]}}`,
		"Authorization", "Bearer k", "Content-Type", "application/json")
}

func TestReadyLine(t *testing.T) {
	r := launch(t)
	if r.ready.Event != "ready" || r.ready.PID != r.cmd.Process.Pid || r.ready.AdminToken != "" {
		t.Errorf("%+v", r.ready)
	}
	if !strings.HasPrefix(r.ready.URL, "http://127.0.0.1:") || r.ready.Admin != r.ready.URL+"/_mock" {
		t.Errorf("%+v", r.ready)
	}
	for _, api := range []string{"omniflow", "agentloop", "orq", "phoneagents", "xpander"} {
		if got := r.ready.BaseURLs[api]; got != r.ready.URL+"/"+api {
			t.Errorf("base URL of %s is %q", api, got)
		}
	}
	if got := send(t, http.DefaultClient, "GET", r.ready.Admin+"/health", ""); got.status != 200 {
		t.Errorf("health: %d %s", got.status, got.body)
	}
	other := launch(t)
	if other.ready.URL == r.ready.URL {
		t.Error("two servers have the same URL")
	}
	other.terminate()
	r.terminate()
}

// A client that waits for a response that never comes does not keep the
// program from ending.
func TestTerminateWithStalledClients(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			r := launch(t)
			rule := send(t, http.DefaultClient, "POST", r.ready.Admin+"/namespaces/default/rules", `{"op":"orq.ListAgents","do":[{"stall":{}}]}`)
			if rule.status != 201 {
				t.Fatalf("%d %s", rule.status, rule.body)
			}
			client := &http.Client{Transport: &http.Transport{}}
			const stalled = 100
			var clients sync.WaitGroup
			for range stalled {
				clients.Go(func() {
					request, _ := http.NewRequest("GET", r.ready.BaseURLs["orq"]+"/v2/agents", nil)
					request.Header.Set("Authorization", "Bearer k")
					if response, err := client.Do(request); err == nil {
						response.Body.Close()
						t.Errorf("a stalled request got a response: %s", response.Status)
					}
				})
			}
			waited := send(t, http.DefaultClient, "POST", r.ready.Admin+"/namespaces/default/journal/wait", `{"match":{"op":"orq.ListAgents"},"count":100,"timeout":"20s"}`)
			if waited.status != 200 {
				t.Fatalf("%d %s", waited.status, waited.body)
			}
			began := time.Now()
			r.cmd.Process.Signal(signal)
			if code, stdout := r.end(); code != 0 || stdout != "" {
				t.Errorf("exit code %d, standard output %q, standard error %s", code, stdout, r.stderr)
			}
			took := time.Since(began)
			t.Logf("ended in %s", took)
			if took > 2*time.Second {
				t.Errorf("ending took %s", took)
			}
			clients.Wait()
		})
	}
}

func TestExitCodes(t *testing.T) {
	busy := launch(t)
	address := strings.TrimPrefix(busy.ready.URL, "http://")
	empty := filepath.Join(t.TempDir(), "empty.json")
	write(t, empty, "")
	wrongRule := filepath.Join(t.TempDir(), "rules.json")
	write(t, wrongRule, `[{"op":"orq.CreateAgent","do":[{"drop":{}}]},{"op":"orq.MakeAgent","do":[{"drop":{}}]}]`)
	wrongSeed := filepath.Join(t.TempDir(), "seed.json")
	write(t, wrongSeed, `{"version":1,"apis":{"orq":{"agent":[]}}}`)
	tests := []struct {
		name string
		args []string
		env  []string
		code int
		says []string
	}{
		{"version", []string{"-version"}, nil, 0, nil},
		{"help", []string{"-help"}, nil, 0, nil},
		{"OpenAPI", []string{"-print-openapi"}, nil, 0, nil},
		{"unknown flag", []string{"-adr", "x"}, nil, 2, []string{"unknown flag -adr"}},
		{"argument", []string{"serve"}, nil, 2, []string{`unexpected argument "serve"`}},
		{"address", []string{"-addr", "8080"}, nil, 2, []string{"-addr", "must be host:port"}},
		{"port", []string{"-addr", "127.0.0.1:70000"}, nil, 2, []string{"port from 0 to 65535"}},
		{"address of the environment", nil, []string{"AGENTMOCK_ADDR=8080"}, 2, []string{"AGENTMOCK_ADDR", "must be host:port"}},
		{"flag before environment", []string{"-addr", "127.0.0.1:0", "-max-run", "1ms"}, []string{"AGENTMOCK_ADDR=8080"}, 0, nil},
		{"API", []string{"-apis", "orq,omni"}, nil, 2, []string{`"omni" is unknown`, "omniflow,agentloop,orq,phoneagents,xpander"}},
		{"variant", []string{"-variants", "orq@fast"}, nil, 2, []string{`unknown variant "orq@fast"`, "phoneagents@upstream"}},
		{"strictness", []string{"-strict", "very"}, nil, 2, []string{"-strict", "as-api, report, reject"}},
		{"mount root", []string{"-mount-root", "agents"}, nil, 2, []string{"-mount-root", "omniflow, agentloop"}},
		{"journal", []string{"-journal", "-1"}, nil, 2, []string{"-journal", "whole number from 0"}},
		{"journal bytes", []string{"-journal-bytes", "many"}, nil, 2, []string{"-journal-bytes", "16MiB"}},
		{"clock", []string{"-clock", "noon"}, nil, 2, []string{"-clock", "2026-01-01T00:00:00Z"}},
		{"clock step alone", []string{"-clock-step", "1s"}, nil, 2, []string{"-clock"}},
		{"clock without a year", []string{"-clock", "9999-12-31T23:59:59Z", "-clock-step", "1h"}, nil, 2, []string{"-clock-step", "9999"}},
		{"tenants of the environment", nil, []string{"AGENTMOCK_TENANTS=secret"}, 2, []string{"-tenants must be credential=organization"}},
		{"rate", []string{"-rate", "100"}, nil, 2, []string{"-rate", "100/1m"}},
		{"boolean", []string{"-tls=perhaps"}, nil, 2, []string{"true or false"}},
		{"boolean of the environment", nil, []string{"AGENTMOCK_TLS=perhaps"}, 2, []string{"AGENTMOCK_TLS", "true or false"}},
		{"half a certificate", []string{"-cert", "c.pem"}, nil, 2, []string{"-cert and -key"}},
		{"no certificate", []string{"-cert", "none.pem", "-key", "none.pem"}, nil, 2, []string{"none.pem"}},
		{"empty key", []string{"-api-keys", "secret,,"}, nil, 2, []string{"-api-keys", "none of them empty"}},
		{"public URL", []string{"-public-url", "mock:8080"}, nil, 2, []string{"-public-url", "http or https URL"}},
		{"no seed", []string{"-seed", "none.json"}, nil, 2, []string{"-seed", "none.json"}},
		{"empty seed", []string{"-seed", empty}, nil, 2, []string{"-seed", "empty.json"}},
		{"wrong seed", []string{"-seed", wrongSeed}, nil, 2, []string{"seed.json", `"agent"`, `"agents"`}},
		{"wrong rule", []string{"-rules", wrongRule}, nil, 2, []string{"rule 2", `unknown op "orq.MakeAgent"`, "orq.CreateAgent"}},
		{"taken address", []string{"-addr", address}, nil, 1, []string{"cannot listen on " + address}},
		{"health", []string{"-healthcheck", busy.ready.Admin + "/health"}, nil, 0, nil},
		{"health of the address", []string{"-healthcheck"}, []string{"AGENTMOCK_ADDR=" + address}, 0, nil},
		{"no health", []string{"-healthcheck", busy.ready.URL}, nil, 1, []string{"404"}},
		{"nobody there", []string{"-healthcheck", "-addr", "127.0.0.1:1"}, nil, 1, []string{"not serving"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cmd := command(t, test.env, test.args...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdout, _ := cmd.Output()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d; standard error: %s", code, test.code, &stderr)
			}
			if test.code != 0 {
				if len(stdout) > 0 || strings.Count(stderr.String(), "\n") != 1 {
					t.Errorf("standard output %q, standard error %q; want one line of error", stdout, &stderr)
				}
			} else if len(stdout) == 0 && !strings.Contains(test.name, "health") {
				t.Error("nothing on standard output")
			}
			if strings.Contains(stderr.String(), "secret") {
				t.Errorf("standard error shows a credential: %s", &stderr)
			}
			for _, part := range test.says {
				if !strings.Contains(stderr.String(), part) {
					t.Errorf("standard error %q does not say %q", &stderr, part)
				}
			}
		})
	}
}

func TestAPIKeys(t *testing.T) {
	r := launch(t, "-api-keys", "one,k", "-mount-root", "orq", "-apis", "orq,xpander")
	if got := createOrq(t, http.DefaultClient, r.ready.BaseURLs["orq"], "a"); got.status != 201 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if r.ready.BaseURLs["orq"] != r.ready.URL || len(r.ready.BaseURLs) != 2 {
		t.Errorf("base URLs are %v", r.ready.BaseURLs)
	}
	if got := send(t, http.DefaultClient, "GET", r.ready.URL+"/v2/agents", "", "Authorization", "Bearer two"); got.status != 401 {
		t.Errorf("%d %s", got.status, got.body)
	}
	r.terminate()
}

// Two keys of one organization see the same agents, one of another does not.
func TestTenants(t *testing.T) {
	r := launch(t, "-apis", "orq", "-tenants", "k=acme,k2=acme,k3=other")
	if got := createOrq(t, http.DefaultClient, r.ready.BaseURLs["orq"], "a"); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for key, want := range map[string]int{"k": 200, "k2": 200, "k3": 404, "k4": 404} {
		if got := send(t, http.DefaultClient, "GET", r.ready.BaseURLs["orq"]+"/v2/agents/a", "", "Authorization", "Bearer "+key); got.status != want {
			t.Errorf("%s gets %d, want %d: %s", key, got.status, want, got.body)
		}
	}
	r.terminate()
}

// Headers without an end do not fill the memory; usual ones are served.
func TestHeadersAreBounded(t *testing.T) {
	r := launch(t, "-apis", "orq")
	for length, want := range map[int]int{maxHeaderBytes / 2: 200, 2 * maxHeaderBytes: 431} {
		got := send(t, http.DefaultClient, "GET", r.ready.BaseURLs["orq"]+"/v2/agents", "", "Authorization", "Bearer k", "X-Long", strings.Repeat("x", length))
		if got.status != want {
			t.Errorf("%d bytes: %d, want %d", length, got.status, want)
		}
	}
	r.terminate()
}

func TestPortFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "port")
	r := launch(t, "-port-file", name)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := "http://127.0.0.1:" + strings.TrimSpace(string(data)); got != r.ready.URL {
		t.Errorf("the port file says %s, the ready line %s", got, r.ready.URL)
	}
	r.terminate()
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(name), "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestEndsByItself(t *testing.T) {
	r := launch(t, "-exit-on-stdin-close")
	r.stdin.Close()
	if code, _ := r.end(); code != 0 {
		t.Errorf("exit code %d after standard input was closed", code)
	}
	r = launch(t, "-max-run", "5ms")
	if code, _ := r.end(); code != 0 {
		t.Errorf("exit code %d after -max-run", code)
	}
}

// The admin API of a server that others can reach needs a token, which is in
// the ready line.
func TestToken(t *testing.T) {
	r := launch(t, "-addr", "0.0.0.0:0")
	if len(r.ready.AdminToken) < 20 || !strings.HasPrefix(r.ready.URL, "http://127.0.0.1:") {
		t.Fatalf("%+v", r.ready)
	}
	if got := send(t, http.DefaultClient, "GET", r.ready.Admin+"/namespaces", ""); got.status != 401 {
		t.Errorf("without a token: %d %s", got.status, got.body)
	}
	if got := send(t, http.DefaultClient, "GET", r.ready.Admin+"/namespaces", "", "Authorization", "Bearer "+r.ready.AdminToken); got.status != 200 {
		t.Errorf("with the token: %d %s", got.status, got.body)
	}
	if got := send(t, http.DefaultClient, "GET", r.ready.Admin+"/health", ""); got.status != 200 {
		t.Errorf("health: %d %s", got.status, got.body)
	}
	r.terminate()
	if strings.Contains(r.stderr.String(), r.ready.AdminToken) {
		t.Error("the token is in the log")
	}

	r = launch(t, "-addr", "0.0.0.0:0", "-admin-addr", "127.0.0.1:0")
	if r.ready.AdminToken != "" {
		t.Error("a token, although the admin API is on the loopback interface")
	}
	if got := send(t, http.DefaultClient, "GET", r.ready.Admin+"/namespaces", ""); got.status != 200 {
		t.Errorf("on its own address: %d %s", got.status, got.body)
	}
	if got := send(t, http.DefaultClient, "GET", r.ready.URL+"/_mock/namespaces", ""); got.status != 404 {
		t.Errorf("on the other address: %d %s", got.status, got.body)
	}
	r.terminate()
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLifeOfProgram measures the times that people wait for: from the
// start of the process to its first response, and from SIGTERM to its end.
func BenchmarkLifeOfProgram(b *testing.B) {
	var toResponse, toEnd time.Duration
	command(b, nil) // builds it
	for b.Loop() {
		began := time.Now()
		r := launch(b)
		if got := createOrq(b, http.DefaultClient, r.ready.BaseURLs["orq"], "a"); got.status != 201 {
			b.Fatalf("%d %s", got.status, got.body)
		}
		toResponse += time.Since(began)
		began = time.Now()
		r.terminate()
		toEnd += time.Since(began)
	}
	b.ReportMetric(float64(toResponse.Microseconds())/1000/float64(b.N), "ms-to-first-response")
	b.ReportMetric(float64(toEnd.Microseconds())/1000/float64(b.N), "ms-SIGTERM-to-exit")
}
