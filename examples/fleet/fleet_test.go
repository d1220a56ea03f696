//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/agentclients/agentclients-go/examples/fleet/internal/redistest"
)

// program is a run of this program, and what it has printed.
type program struct {
	t      *testing.T
	output string // file
	result chan error
}

// run starts this program; its workers are processes of the test's binary.
func run(t *testing.T, arguments ...string) *program {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t, file.Name(), make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.result <- runFleet(ctx, arguments, file)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		file.Close()
	})
	return p
}

func (p *program) printed() string {
	p.t.Helper()
	text, err := os.ReadFile(p.output)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// await waits until the output matches, and returns its first group.
func (p *program) await(pattern string) string {
	p.t.Helper()
	expression := regexp.MustCompile(pattern)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for range 1000 {
		if found := expression.FindStringSubmatch(p.printed()); found != nil {
			return found[1]
		}
		<-ticker.C
	}
	p.t.Fatalf("does not print %q:\n%s", pattern, p.printed())
	return ""
}

// end waits for the end.
func (p *program) end() error {
	p.t.Helper()
	select {
	case err := <-p.result:
		return err
	case <-time.After(30 * time.Second):
		p.t.Fatalf("does not end:\n%s", p.printed())
		return nil
	}
}

// sum returns the last row of the table, by column.
func (p *program) sum() map[string]int {
	p.t.Helper()
	text := p.printed()
	columns := strings.Fields(strings.ReplaceAll(regexp.MustCompile(`(?m)^API .*$`).FindString(text), "ON SERVER", "ON-SERVER"))
	values := strings.Fields(regexp.MustCompile(`(?m)^all .*$`).FindString(text))
	if len(values) != len(columns) || len(values) < 2 {
		p.t.Fatalf("prints no table:\n%s", text)
	}
	sum := map[string]int{}
	for i := range columns[1:] {
		sum[columns[i+1]], _ = strconv.Atoi(values[i+1])
	}
	return sum
}

// checkSum fails the test unless all agents were made, each once, without a 429.
func (p *program) checkSum(agents int) {
	p.t.Helper()
	sum := p.sum()
	for column, want := range map[string]int{"WANTED": agents, "MADE": agents, "ON-SERVER": agents, "DOUBTFUL": 0, "FAILED": 0, "429S": 0} {
		if sum[column] != want {
			p.t.Errorf("%s is %d, want %d:\n%s", column, sum[column], want, p.printed())
		}
	}
}

// TestFiveHundredAgentsAndAKilledWorker: the promise as a whole, on a real Redis.
func TestFiveHundredAgentsAndAKilledWorker(t *testing.T) {
	server := redistest.Start(t)
	p := run(t, "-redis", server.Addr())
	pid, err := strconv.Atoi(p.await(`worker 2 is process (\d+)`))
	if err != nil {
		t.Fatal(err)
	}
	p.await(`\n([1-4]\d\d) of 500 agents`)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	err = p.end()
	if !strings.Contains(p.printed(), "worker 2 ended: signal: killed (workers left: 3)\n") {
		t.Errorf("does not tell of the killed worker:\n%s", p.printed())
	}
	if sum := p.sum(); sum["DOUBTFUL"] > 0 { // killed between record and request, which takes some µs
		if err == nil || sum["MADE"]+sum["DOUBTFUL"] != 500 || sum["ON-SERVER"] > 500 || sum["429S"] > 0 {
			t.Errorf("%v\n%s", err, p.printed())
		}
		return
	}
	if err != nil {
		t.Error(err)
	}
	p.checkSum(500)
	if left, err := server.Client().Keys(t.Context(), "fleet:*").Result(); err != nil || len(left) > 0 {
		t.Errorf("left in Redis: %v %v", left, err)
	}
}

// TestRedisInTheProgram: without flags but the number of agents.
func TestRedisInTheProgram(t *testing.T) {
	p := run(t, "-agents", "100")
	if err := p.end(); err != nil {
		t.Error(err)
	}
	p.checkSum(100)
	if strings.ContainsAny(p.printed(), "\r\x1b") {
		t.Errorf("draws into a file: %q", p.printed())
	}
}

// TestRedisStoppedUnderTheFleet: while Redis stands still, and while it is
// away, nothing is sent; then the work goes on.
func TestRedisStoppedUnderTheFleet(t *testing.T) {
	server := redistest.Start(t)
	p := run(t, "-redis", server.Addr(), "-agents", "120", "-lease", "1s")
	p.await(`\n([1-9]\d*) of 120 agents`)
	server.Pause()
	<-time.After(300 * time.Millisecond)
	server.Resume()
	server.Kill()
	<-time.After(500 * time.Millisecond)
	server.Start()
	if err := p.end(); err != nil {
		t.Error(err)
	}
	p.checkSum(120)
}

// TestRedisThatStaysAway: everybody gives up after a while, and says why.
func TestRedisThatStaysAway(t *testing.T) {
	server := redistest.Start(t)
	p := run(t, "-redis", server.Addr(), "-agents", "200", "-patience", "500ms", "-lease", "500ms")
	p.await(`\n([1-9]\d*) of 200 agents`)
	server.Kill()
	start := time.Now()
	if err := p.end(); err == nil || !strings.Contains(err.Error(), "connection refused") || time.Since(start) > 8*time.Second {
		t.Errorf("ended after %v: %v", time.Since(start), err)
	}
}

// TestRedisThatForgets: workers whose jobs are gone stop instead of beginning
// anew.
func TestRedisThatForgets(t *testing.T) {
	inside := miniredis.RunT(t)
	p := run(t, "-redis", inside.Addr(), "-agents", "200", "-lease", "500ms")
	p.await(`\n([1-9]\d*) of 200 agents`)
	inside.FlushAll()
	if err := p.end(); err == nil || !strings.Contains(err.Error(), "redis does not know these jobs") {
		t.Error(err)
	}
}

// TestInterrupted: the program ends soon, with an error, and a fleet that is
// not complete.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p := &program{t, file.Name(), make(chan error, 1)}
	go func() { p.result <- runFleet(ctx, nil, file) }()
	p.await(`\n([1-9]\d*) of 500 agents`)
	cancel()
	start := time.Now()
	if err := p.end(); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "not made") || time.Since(start) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	sum := p.sum()
	if sum["MADE"] != sum["ON-SERVER"] || sum["DOUBTFUL"]+sum["FAILED"]+sum["429S"] != 0 {
		t.Errorf("requests were cut off:\n%s", p.printed())
	}
}

func TestNoRedis(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	p := run(t, "-redis", listener.Addr().String())
	if err := p.end(); err == nil || !strings.Contains(err.Error(), "redis at "+listener.Addr().String()) {
		t.Error(err)
	}
}

func TestCommandLine(t *testing.T) {
	for want, arguments := range map[string][]string{
		`unknown argument "x"`:         {"x"},
		"-agents is 0: 1 to 10000":     {"-agents", "0"},
		"-workers is 65: 1 to 64":      {"-workers", "65"},
		"-speed is 100: 1 to 30":       {"-speed", "100"},
		"-lease is 1ms: at least":      {"-lease", "1ms"},
		"-patience is -1s":             {"-patience", "-1s"},
		"flag provided but not define": {"-x"},
	} {
		if _, err := parse(arguments); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := runFleet(t.Context(), []string{"-x"}, nil); err == nil || errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
}

// TestNoGoroutineIsLeft: neither of a fleet, nor of a worker, its limiter and
// its leases, with and without Redis.
func TestNoGoroutineIsLeft(t *testing.T) {
	file, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := runFleet(t.Context(), []string{"-agents", "10", "-speed", "30"}, file); err != nil {
		t.Error(err)
	}
	inside := miniredis.NewMiniRedis()
	if err := inside.Start(); err != nil {
		t.Fatal(err)
	}
	client := newRedis(inside.Addr())
	s := newScene(t, client)
	s.finish()
	inside.Close()
	s.patience = 0
	if err := s.worker("late", "orq").run(t.Context()); err == nil {
		t.Error("a worker without Redis succeeds")
	}
	client.Close()
	s.mock.Close()

	var left string
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for range 150 { // dials that failed end by their timeouts
		left = goroutines("examples/fleet", "go-redis", "miniredis", "mockserver")
		if left == "" {
			return
		}
		<-ticker.C
	}
	t.Errorf("left:\n%s", left)
}

// goroutines returns the stacks of all goroutines but the caller's that have
// one of the words.
func goroutines(words ...string) string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	_, others, _ := strings.Cut(string(stacks), "\n\n")
	var found []string
	for stack := range strings.SplitSeq(others, "\n\n") {
		for _, word := range words {
			if strings.Contains(stack, word) && !strings.Contains(stack, "testing.(*T).Run") {
				found = append(found, stack)
				break
			}
		}
	}
	return strings.Join(found, "\n\n")
}

// TestRedisWithAPassword: it comes from the environment, and is in no argument.
func TestRedisWithAPassword(t *testing.T) {
	server := redistest.Start(t)
	if err := server.Client().ConfigSet(t.Context(), "requirepass", "open sesame").Err(); err != nil {
		t.Fatal(err)
	}
	if err := run(t, "-redis", server.Addr(), "-agents", "10").end(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("without the password: %v", err)
	}
	t.Setenv("REDIS_PASSWORD", "open sesame")
	p := run(t, "-redis", server.Addr(), "-agents", "10")
	if err := p.end(); err != nil {
		t.Error(err)
	}
	p.checkSum(10)
	if strings.Contains(p.printed(), "sesame") {
		t.Errorf("the password is printed:\n%s", p.printed())
	}
}

// TestRedisThatMakesRoom: the program says that it must not.
func TestRedisThatMakesRoom(t *testing.T) {
	server := redistest.Start(t)
	f := &fleet{client: server.Client()}
	for _, setting := range [][2]string{{"maxmemory", "100mb"}, {"maxmemory-policy", "volatile-lru"}} {
		if err := f.client.ConfigSet(t.Context(), setting[0], setting[1]).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if note := f.durability(t.Context()); !strings.Contains(note, "maxmemory-policy volatile-lru") {
		t.Errorf("%q", note)
	}
}

// TestDurabilityOfRedis: the program says what a crash could cost.
func TestDurabilityOfRedis(t *testing.T) {
	server := redistest.Start(t)
	f := &fleet{client: server.Client()}
	for _, test := range []struct{ appendonly, appendfsync, want string }{
		{"yes", "always", ""},
		{"yes", "everysec", "may forget the last second"},
		{"no", "always", "forgets everything when it ends"},
	} {
		for name, value := range map[string]string{"appendonly": test.appendonly, "appendfsync": test.appendfsync} {
			if err := f.client.ConfigSet(t.Context(), name, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if note := f.durability(t.Context()); !strings.Contains(note, test.want) || (test.want == "") != (note == "") {
			t.Errorf("appendonly %s, appendfsync %s: %q", test.appendonly, test.appendfsync, note)
		}
	}
}
