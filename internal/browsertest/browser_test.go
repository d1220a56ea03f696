package browsertest

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// names are what the browser may be called.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell", "headless_shell"}

// chrome is the one browser of all tests; nil: there is none.
var chrome context.Context

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		path := findBrowser()
		if path == "" {
			return m.Run()
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
		allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
		defer cancel()
		var end context.CancelFunc
		chrome, end = chromedp.NewContext(allocator)
		defer end()
		if err := chromedp.Do(chrome); err != nil {
			fmt.Fprintf(os.Stderr, "%s does not start: %v\n", path, err)
			return 1
		}
		return m.Run()
	}())
}

// findBrowser is the path of a browser, "" if there is none.
func findBrowser() string {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// patience is how long a test waits for what the page should do.
const patience = 20 * time.Second

// page is the page of a mock in a tab of its own.
type page struct {
	t    *testing.T
	ctx  context.Context
	mock *mockserver.Server

	mu       sync.Mutex
	trouble  []string // what the console and the network say
	expected []string // of these
}

// view is how the page is looked at.
type view struct {
	width, height int64
	dark          bool
	path          string // "": /_mock/
	expected      []string
}

// open opens the page of a mock. What goes to the console of the browser, and
// every request to another host, fails the test at its end.
func open(t *testing.T, mock *mockserver.Server, v view) *page {
	t.Helper()
	if chrome == nil {
		t.Skipf("no browser: set CHROMIUM, or install one of %s", strings.Join(names, ", "))
	}
	if v.width == 0 {
		v.width, v.height = 1280, 900
	}
	tab, cancel := chromedp.NewContext(chrome, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(stop)
	p := &page{t: t, ctx: ctx, mock: mock, expected: v.expected}
	server, err := url.Parse(mock.URL(mockserver.Orq))
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(tab); err != nil { // opens it
		t.Fatal(err)
	}
	err = chromedp.Listen(ctx, func(event any) {
		switch event := event.(type) {
		case *runtime.EventExceptionThrown:
			p.note(fmt.Sprintf("exception: %+v", event.ExceptionDetails))
		case *runtime.EventConsoleAPICalled:
			p.note(fmt.Sprintf("console: %s %v", event.Type, event.Args))
		case *log.EventEntryAdded:
			p.note(fmt.Sprintf("log: %s %s", event.Entry.Level, event.Entry.Text))
		case *network.EventRequestWillBeSent:
			if u, err := url.Parse(event.Request.URL); err != nil || u.Scheme != "data" && u.Host != server.Host {
				p.note("a request to " + event.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, line := range p.trouble {
			t.Error(line)
		}
	})
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	path := v.path
	if path == "" {
		path = "/_mock/"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(v.width, v.height), chromedp.Navigate("http://"+server.Host+path))
	return p
}

// note keeps what should not have happened.
func (p *page) note(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.expected {
		if strings.Contains(line, text) {
			return
		}
	}
	p.trouble = append(p.trouble, line)
}

func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits until an expression of the page is true.
func (p *page) wait(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond))); err != nil {
		p.t.Fatalf("it did not come to %s: %v\nthe page:\n%s", expression, err, get[string](p, `["#status", "main", "#held-box", ".note", "#rules", "#replies"].flatMap(s => [...document.querySelectorAll(s)]).map(e => e.innerText).join("\n")`))
	}
}

// live waits until the page follows the journal.
func (p *page) live() {
	p.t.Helper()
	p.wait(`document.getElementById("status").textContent === "live"`)
}

// get is the value of an expression of the page.
func get[T any](p *page, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// click clicks what a selector finds first.
func (p *page) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// choose chooses an option, or types a text, as a person does.
func (p *page) choose(selector, value string) {
	p.t.Helper()
	p.do(chromedp.SetValue(chromedp.CSS(selector), value),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).dispatchEvent(new Event("change", { bubbles: true }))`, selector)))
}

// press presses keys, one after the other.
func (p *page) press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
	}
}

// flow is the row of a request in one line.
func (p *page) flow(call int) string {
	p.t.Helper()
	return get[string](p, fmt.Sprintf(`[...document.querySelectorAll('[role=tabpanel]:not([hidden]) [data-call="%d"] .flow > *')].map(e => e.textContent).join(" → ")`, call))
}

// row waits for the row of a request and returns the selector of its button.
func (p *page) row(call int) string {
	p.t.Helper()
	selector := fmt.Sprintf(`[role=tabpanel]:not([hidden]) [data-call="%d"] .row`, call)
	p.wait(fmt.Sprintf("document.querySelector(%q)?.offsetParent", selector))
	return selector
}

// ended waits until the page shows how a request ended.
func (p *page) ended(call int) {
	p.t.Helper()
	p.row(call)
	p.wait(fmt.Sprintf(`!document.querySelector('[role=tabpanel]:not([hidden]) [data-call="%d"] .flow .pulse')`, call))
}

func contains(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in %q", want, text)
	}
}

// The keys that the tests press.
const (
	tabKey, enterKey, spaceKey, escapeKey = kb.Tab, kb.Enter, " ", kb.Escape
	downKey, rightKey                     = kb.ArrowDown, kb.ArrowRight
)
