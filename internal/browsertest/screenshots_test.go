package browsertest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "folder to put screenshots of the page into, to be looked at")

// TestScreenshots takes pictures of a namespace full of activity, in both
// widths and both themes. They are for people: nothing is compared.
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		t.Skip("no -shots: no folder for the screenshots")
	}
	mock := mockserver.Start(t, mockserver.Config{AllowUnfired: true})
	everything(t, mock)
	for _, width := range []int64{400, 1280} {
		for _, dark := range []bool{false, true} {
			p := open(t, mock, view{width: width, height: 900, dark: dark})
			p.live()
			p.row(1)
			take := func(name string) {
				t.Helper()
				theme := map[bool]string{false: "light", true: "dark"}[dark]
				picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%d-%s-%s.png", width, theme, name)), picture, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			p.wait(`document.querySelector("#tab-agents .count").textContent !== ""`)
			take("sequences")
			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".events:not([hidden])").closest(".sequence").scrollIntoView()`))
			take("stream")
			p.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".sequence")].find(s => s.querySelector(".kind").textContent === "conversation").scrollIntoView()`))
			take("conversations")
			p.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".sequence")].find(s => s.querySelector(".name").textContent === "calc").scrollIntoView()`))
			take("tasks")
			p.click(`.sequence [data-call="3"] .row`)
			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.sequence [data-call="3"]').closest(".sequence").scrollIntoView()`))
			take("opened")
			p.click("#reset")
			take("reset")
			p.press(escapeKey)
			p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("aside").scrollTo(0, 9999)`))
			tabs := []string{"requests", "agents", "runs", "connect"}
			if width == 400 {
				tabs = append(tabs, "control")
			}
			for _, tab := range tabs {
				p.click("#tab-" + tab)
				take(tab)
				if tab == "control" {
					p.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("message-form").scrollIntoView({ block: "center" })`))
					take("message")
				}
			}
		}
	}
}
