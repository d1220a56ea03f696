package browsertest

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// The command that the page copies is one that a shell reads as the request
// that was made, with a placeholder for the credential.
func TestCurlIsCopied(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	agent := orqAgent("it's.a.desk")
	must(orqClient(t, mock).CreateAgent(t.Context(), agent))(t)
	p := open(t, mock, view{})
	allowClipboard(p)
	p.live()
	p.click(p.row(1))
	p.click(`[data-call="1"] .details .actions button`)
	p.wait(`document.querySelector('[data-call="1"] .details [role=status]').textContent === "copied"`)
	command := get[string](p, `document.querySelector('[data-call="1"] .curl').textContent`)
	if strings.Contains(command, "orq-secret-key") {
		t.Errorf("the command has the credential: %s", command)
	}
	words, err := exec.Command("sh", "-c", `curl() { for word; do printf '%s\n' "$word"; done; }; `+command).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, command)
	}
	lines := strings.Split(strings.TrimSuffix(string(words), "\n"), "\n")
	for _, want := range []string{"-X", "POST", mock.URL(mockserver.Orq) + "/v2/agents/", "Authorization: <authorization>", "Content-Type: application/json"} {
		if !contained(lines, want) {
			t.Errorf("%q is not a word of %q", want, lines)
		}
	}
	contains(t, lines[len(lines)-1], `"key":"it's.a.desk"`)
	var pasted string
	if pasted, err = chromedp.Run(p.ctx, chromedp.Evaluate[string](`navigator.clipboard.readText()`, chromedp.EvalAwaitPromise)); err != nil || pasted != command {
		t.Errorf("the clipboard has %q, %v", pasted, err)
	}
	p.click("#tab-connect")
	p.click(`#apis button[aria-label="Copy the base URL of orq"]`)
	p.wait(`[...document.querySelectorAll("#apis [role=status]")].some(e => e.textContent === "copied")`)
	if pasted, err = chromedp.Run(p.ctx, chromedp.Evaluate[string](`navigator.clipboard.readText()`, chromedp.EvalAwaitPromise)); err != nil || pasted != mock.URL(mockserver.Orq) {
		t.Errorf("the clipboard has %q, %v", pasted, err)
	}
}

// allowClipboard lets the test read what the page has copied.
func allowClipboard(p *page) {
	p.t.Helper()
	targets, err := chromedp.Targets(p.ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, one := range targets {
		for _, name := range []string{"clipboard-read", "clipboard-write"} {
			permission := browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted, BrowserContextID: one.BrowserContextID}
			if _, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, permission); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

func contained(lines []string, want string) bool {
	for _, line := range lines {
		if line == want {
			return true
		}
	}
	return false
}

// Everything that a mouse can do, the keyboard can.
func TestKeyboardOnly(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{AllowUnfired: true})
	createOrq(t, mock, "desk")
	createOrq(t, mock, "night")
	p := open(t, mock, view{})
	p.live()
	p.row(2)
	focused := func() string {
		t.Helper()
		return get[string](p, `(e => e.id || e.name || e.className || e.tagName)(document.activeElement)`)
	}
	reach := func(want string) {
		t.Helper()
		for range 60 {
			p.press(tabKey)
			if focused() == want {
				if outline := get[string](p, `getComputedStyle(document.activeElement).outlineStyle`); outline == "none" {
					t.Errorf("%s has the focus and does not show it", want)
				}
				return
			}
		}
		t.Fatalf("the tab key does not lead to %s; it is at %s", want, focused())
	}
	p.press(tabKey)
	if got := focused(); got != "skip" {
		t.Errorf("the first stop is %s, not the link to the requests", got)
	}
	reach("reset")
	p.press(enterKey)
	p.wait(`document.getElementById("reset-dialog").open && document.activeElement.id === "reset-do"`)
	p.press(escapeKey)
	p.wait(`!document.getElementById("reset-dialog").open && document.activeElement.id === "reset"`)
	reach("tab-sequences")
	p.press(rightKey)
	p.wait(`document.activeElement.id === "tab-requests" && !document.getElementById("panel-requests").hidden`)
	reach("row")
	p.press(enterKey)
	p.wait(`document.activeElement.getAttribute("aria-expanded") === "true"`)
	p.press(tabKey, enterKey)
	p.wait(`document.querySelector(".curl:not([hidden])")?.textContent.startsWith("curl -X 'POST'")`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#requests .row").focus()`))
	p.press(downKey, spaceKey)
	p.wait(`document.activeElement.closest(".call").dataset.call === "2" && document.activeElement.getAttribute("aria-expanded") === "true"`)
	p.press(spaceKey)
	p.wait(`document.activeElement.getAttribute("aria-expanded") === "false"`)
	reach("op")
	p.press("orq.C")
	p.wait(`document.activeElement.value === "orq.CreateAgent"`)
	reach("times")
	p.press(enterKey)
	p.wait(`document.querySelector("#rules li")?.textContent.includes("orq.CreateAgent: drop, after-commit")`)
	reach("conversation")
	reach("from")
}

// Nothing is wider than a phone, in whichever tab, also with a row open.
func TestNarrowPagesDoNotScrollSideways(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{AllowUnfired: true})
	everything(t, mock)
	for _, width := range []int64{320, 400, 800} {
		p := open(t, mock, view{width: width, height: 800})
		p.live()
		p.click(p.row(3))
		for _, tab := range []string{"sequences", "requests", "agents", "runs", "control", "connect"} {
			p.click("#tab-" + tab)
			p.wait(fmt.Sprintf(`document.body.dataset.tab === %q`, tab))
			if wide := get[int](p, `document.documentElement.scrollWidth`); int64(wide) > width {
				t.Errorf("%s at %d pixels is %d wide: %s", tab, width, wide, get[string](p, fmt.Sprintf(
					`[...document.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > %d).map(e => e.tagName + "." + e.className).slice(0, 5).join(" ")`, width)))
			}
		}
	}
}

// contrast lists the texts of the page that stand out too little from what is
// behind them: less than 4.5 to 1.
const contrast = `(() => {
  const channels = color => color.match(/[\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = channels(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const poor = [], seen = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const a = light(channels(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(e.tagName + "." + e.className + " " + e.textContent.slice(0, 30) + ": " + ratio.toFixed(2));
    seen.add(e);
  }
  return seen.size < 10 ? ["only " + seen.size + " texts"] : poor;
})()`

// Every text can be read, by day and by night.
func TestContrast(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{AllowUnfired: true})
	everything(t, mock)
	backgrounds := map[string]bool{}
	for _, dark := range []bool{false, true} {
		p := open(t, mock, view{dark: dark})
		p.live()
		p.click(p.row(3))
		for _, tab := range []string{"sequences", "requests", "agents", "runs", "connect"} {
			p.click("#tab-" + tab)
			for _, line := range get[[]string](p, contrast) {
				t.Errorf("dark %t, %s: %s", dark, tab, line)
			}
		}
		backgrounds[get[string](p, `getComputedStyle(document.body).backgroundColor`)] = true
	}
	if len(backgrounds) != 2 {
		t.Errorf("both themes have the same background: %v", backgrounds)
	}
}

// A mock with a token asks for it, and tells if it is the wrong one.
func TestTokenForm(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{AdminToken: "t0ken/+"})
	createOrq(t, mock, "desk")
	p := open(t, mock, view{expected: []string{"Failed to load resource: the server responded with a status of 401"}})
	p.wait(`document.getElementById("token-dialog").open`)
	p.press("wrong", enterKey)
	p.wait(`document.querySelector("#token-dialog .note").textContent.includes("not that of the admin API")`)
	p.press("t0ken/+", enterKey)
	p.live()
	p.row(1)
	p.do(chromedp.Reload()) // it is kept as long as the tab
	p.live()
	again := open(t, mock, view{path: "/_mock/#t0ken%2F%2B"})
	again.live()
	again.row(1)
	if address := get[string](again, `location.href`); strings.Contains(address, "t0ken") {
		t.Errorf("the token stays in the address: %s", address)
	}
}

// The address of the server leads to the page.
func TestFrontLeadsToThePage(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	p := open(t, mock, view{path: "/"})
	p.click("a")
	p.do(chromedp.WaitVisible(chromedp.CSS("#tabs")))
	p.live()
	if path := get[string](p, `location.pathname`); path != "/_mock/" {
		t.Errorf("it leads to %s", path)
	}
}

// What clients send is text on the page, whatever it looks like.
func TestTextOfClientsIsNoHTML(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	const evil = `<img src=x onerror="document.title='evil'"><script>document.title="evil"</script>`
	agent := orqAgent("desk")
	agent.Description, agent.DisplayName = evil, new(evil)
	mock.Fail(mockserver.OrqCreateAgent, fault.Then(fault.Status(503, fault.Body(evil))))
	must(orqClient(t, mock).CreateAgent(t.Context(), agent))(t)
	p := open(t, mock, view{})
	p.live()
	p.click(p.row(1))
	p.click(p.row(2))
	p.click("#tab-agents")
	p.wait(`document.querySelector("#agents tr").textContent.includes("<img src=x")`)
	if title, images := get[string](p, `document.title`), get[int](p, `document.querySelectorAll("img").length`); title != "agentmock" || images != 0 {
		t.Errorf("the title is %q, and there are %d images", title, images)
	}
}
