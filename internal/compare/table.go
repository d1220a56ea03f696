package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// How much is measured.
const (
	rounds       = 300
	agents       = 100
	events       = 10_000
	longSize     = 4 << 20
	eventRounds  = 9
	packetRounds = 3
)

// waits are the values of Retry-After that are tried.
var waits = []string{"0", "3600", "9223372036854775807"}

// table makes all comparisons and returns them as Markdown.
func table(t *testing.T) (string, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %s. A create sends about 500 bytes and gets %s.\n\n", time.Now().Format(time.DateOnly), runtime.Version(), thousands(answerSize))
	text.WriteString("| create an agent | allocations | bytes | time, canned | time, socket | 100 × (429, 201) | commit, then reset | Retry-After 0 | 3600 | 2^63-1 |\n" +
		"|---|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range subjects() {
		cost, err := measure(s, rounds)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "| %s | %d | %s | %s | %s", named(s.name, s.module), cost.allocations, thousands(cost.bytes), cost.canned, cost.socket)
		synctest.Test(t, func(*testing.T) {
			var behaviour []string
			if behaviour, err = behave(s); err == nil {
				fmt.Fprintf(&text, " | %s |\n", strings.Join(behaviour, " | "))
			}
		})
		if err != nil {
			return "", err
		}
	}
	err := streamTable(&text)
	return text.String(), err
}

// behave returns what a subject does when something fails. It waits.
func behave(s subject) ([]string, error) {
	turns, err := failAndSucceed(s, agents)
	if err != nil {
		return nil, err
	}
	arrivals, err := commitAndReset(s)
	if err != nil {
		return nil, err
	}
	cells := []string{turns.String(), arrivals.String()}
	for _, wait := range waits {
		obeyed, err := obey(s, wait)
		if err != nil {
			return nil, err
		}
		cells = append(cells, obeyed.String())
	}
	return cells, nil
}

func streamTable(text *strings.Builder) error {
	stream := manyEvents(events)
	size := strings.Index(string(stream), "\n\n") - strings.Index(string(stream), "data: ") - len("data: ")
	many, err := readInTurn(readers(), eventRounds, func() io.Reader { return bytes.NewReader(stream) }, events, size)
	if err != nil {
		return err
	}
	stream = longEvent(longSize)
	long, err := readInTurn(readers(), packetRounds, func() io.Reader { return packets{bytes.NewReader(stream)} }, 1, longSize)
	if err != nil {
		return err
	}
	text.WriteString("\n| read a stream | 10,000 events: events per second | allocations per event | bytes per event | one event of 4 MiB in packets of 1,400 bytes | memory it takes |\n" +
		"|---|---|---|---|---|---|\n")
	for i, r := range readers() {
		fmt.Fprintf(text, "| %s | %s | %.1f | %.0f | %s | %.0f MiB |\n", named(r.name, r.module), thousands(int(events/many[i].took.Seconds())),
			float64(many[i].allocations)/events, float64(many[i].bytes)/events, short(long[i].took), float64(long[i].bytes)/(1<<20))
	}
	return nil
}

func (p pace) String() string { return fmt.Sprintf("%.0f µs, %.2f", p.time.Seconds()*1e6, p.ratio) }

func (t turns) String() string {
	return counted(t.connections, "connection") + ", " + counted(t.requests, "request") + ", " + counted(t.errors, "error")
}

func (a arrivals) String() string {
	return counted(a.creates, "create") + ", " + counted(a.made, "agent")
}

func (r retryAfter) String() string { return counted(r.requests, "request") + " in " + short(r.took) }

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%s %ss", thousands(n), what)
}

// thousands writes a number with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// short writes a duration with two or three digits.
func short(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	case d >= time.Second || d == 0:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
}

// named adds the version of a module to a name.
func named(name, module string) string {
	build, ok := debug.ReadBuildInfo()
	if !ok || module == "" {
		return name
	}
	for _, dependency := range build.Deps {
		if dependency.Path == module {
			library, kind, found := strings.Cut(name, ", ")
			if found {
				kind = ", " + kind
			}
			return library + " " + dependency.Version + kind
		}
	}
	return name
}
