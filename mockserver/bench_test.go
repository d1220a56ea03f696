package mockserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// bareHandler is the least that a server of agents does: it decodes, stores
// and encodes the same JSON.
type bareHandler struct {
	mu     sync.Mutex
	agents map[string]*bareAgent
}

type bareAgent struct {
	ID       string          `json:"_id"`
	Name     string          `json:"name"`
	LLMModel string          `json:"llmModel"`
	Settings json.RawMessage `json:"settings"`
}

func (h *bareHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	agent := new(bareAgent)
	if err := json.Unmarshal(body, agent); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	agent.ID = strconv.Itoa(len(h.agents))
	h.agents[agent.ID] = agent
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(agent) //nolint:errcheck // the client went away
}

const benchmarkBody = `{"name":"Front desk","llmModel":"gpt-4o-mini","settings":{"voice":"alloy","language":"en-GB","temperature":0.4,"greeting":"Good day, you have reached the front desk. How can I help you?","hours":{"from":"08:00","to":"18:00"},"tags":["desk","day","english"]}}`

// BenchmarkServer compares one create with the bare handler over the loopback
// interface.
func BenchmarkServer(b *testing.B) {
	for name, handler := range map[string]func() http.Handler{
		"bare": func() http.Handler { return &bareHandler{agents: make(map[string]*bareAgent)} },
		"mock": func() http.Handler { return must(New(Config{})) },
	} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(handler())
			defer server.Close()
			server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 100
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, _ := http.NewRequest("POST", server.URL+"/omniflow"+omniflowAgents, strings.NewReader(benchmarkBody))
					r.Header.Set("X-Api-Key", "k")
					r.Header.Set("X-Workspace-Id", "w")
					r.Header.Set("Content-Type", "application/json")
					if got := exchangeWith(server.Client(), r); got.err != nil || got.status != 200 {
						b.Errorf("%+v", got)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}

// BenchmarkHandler is BenchmarkServer without a network.
func BenchmarkHandler(b *testing.B) {
	for name, handler := range map[string]http.Handler{
		"bare": &bareHandler{agents: make(map[string]*bareAgent)},
		"mock": must(New(Config{})),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", "/omniflow"+omniflowAgents, strings.NewReader(benchmarkBody))
				r.Header.Set("X-Api-Key", "k")
				r.Header.Set("X-Workspace-Id", "w")
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}

// BenchmarkStartInMemory makes a server, one agent, and closes it.
func BenchmarkStartInMemory(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		r := &recorder{}
		server := StartInMemory(r, Config{})
		if got := createOmniflow(server.Namespace("")); got.status != 200 {
			b.Fatalf("%+v", got)
		}
		if failed := r.end(); failed != "" {
			b.Fatal(failed)
		}
	}
}

// A fresh server in memory stays cheap enough to have one per test.
func TestStartInMemoryIsCheap(t *testing.T) {
	allocations := testing.AllocsPerRun(50, func() {
		r := &recorder{}
		server := StartInMemory(r, Config{})
		createOmniflow(server.Namespace(""))
		r.end()
	})
	if allocations > 300 && !raceEnabled() {
		t.Errorf("%.0f allocations, want at most 300", allocations)
	}
}

// heap is how much memory is in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestNamespacesAreCheap(t *testing.T) {
	server := testServer(t, Config{})
	before := heap()
	const count = 1000
	for i := range count {
		server.Namespace(fmt.Sprintf("n%d", i))
	}
	each := int64(heap()-before) / count
	runtime.KeepAlive(server)
	if each > 4096 {
		t.Errorf("an empty namespace takes %d bytes, want at most 4096", each)
	}
}

// Requests that store nothing leave nothing behind, however different they
// are.
func TestRequestsLeaveNothing(t *testing.T) {
	server := testServer(t, Config{JournalEntries: 50, MaxNamespaces: 5})
	all := targets()
	send := func(from, to int) {
		for i := from; i < to; i++ {
			target := all[i%len(all)]
			prefix := ""
			if i%7 == 0 {
				prefix = fmt.Sprintf("/_ns/n%d", i)
			}
			r := httptest.NewRequest(target.method, fmt.Sprintf("%s%s?q=%d", prefix, target.path, i), strings.NewReader(fmt.Sprintf(`{"x%d":`, i)))
			r.Header = hostileHeader()
			if target.op == AgentloopImportAgent {
				r.Header.Set("Authorization", "")
			}
			r.Header.Set("X-Correlation-Id", strconv.Itoa(i))
			server.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	send(0, 5000)
	before := heap()
	send(5000, 25_000)
	if grown := int64(heap() - before); grown > 200_000 && !raceEnabled() {
		t.Errorf("20,000 requests left %d bytes", grown)
	}
	runtime.KeepAlive(server)
}

func TestRecordsAreCheap(t *testing.T) {
	server := testServer(t, Config{JournalEntries: 10})
	create := func() {
		r := httptest.NewRequest("POST", "/omniflow"+omniflowAgents, strings.NewReader(benchmarkBody))
		r.Header.Set("X-Api-Key", "k")
		r.Header.Set("X-Workspace-Id", "w")
		r.Header.Set("Content-Type", "application/json")
		server.ServeHTTP(httptest.NewRecorder(), r)
	}
	for range 100 {
		create()
	}
	before := heap()
	const count = 5000
	for range count {
		create()
	}
	each := int64(heap()-before) / count
	if n := len(server.Agents(Omniflow)); n != count+100 {
		t.Fatalf("%d agents", n)
	}
	if most := int64(1024 + len(benchmarkBody)); each > most && !raceEnabled() {
		t.Errorf("a record takes %d bytes, want at most %d", each, most)
	}
	t.Logf("a record takes %d bytes", each)
}
