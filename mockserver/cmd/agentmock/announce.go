package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"

	"github.com/agentclients/agentclients-go/mockserver"
)

// readyLine is what the program prints when it is serving.
type readyLine struct {
	Event      string            `json:"event"`
	URL        string            `json:"url"`
	BaseURLs   map[string]string `json:"base_urls"`
	Admin      string            `json:"admin"`
	AdminToken string            `json:"admin_token,omitempty"` // only if it was made up
	PID        int               `json:"pid"`
}

// newReadyLine tells where the servers are, now that they listen.
func newReadyLine(s *settings, servers []*server, withToken bool) readyLine {
	main, admin := servers[0], servers[len(servers)-1]
	line := readyLine{
		Event:    "ready",
		URL:      main.url,
		BaseURLs: make(map[string]string),
		Admin:    admin.url + "/_mock",
		PID:      os.Getpid(),
	}
	if s.publicURL != "" {
		line.URL = s.publicURL
		if s.adminAddr == "" {
			line.Admin = s.publicURL + "/_mock"
		}
	}
	if withToken {
		line.AdminToken = s.adminToken
	}
	for _, api := range mockserver.APIs() {
		if len(s.apis) == 0 || slices.Contains(s.apis, api) {
			line.BaseURLs[api] = line.URL + "/" + api
		}
	}
	if s.mountRoot != "" {
		line.BaseURLs[s.mountRoot] = line.URL
	}
	return line
}

// print writes the line as JSON. Nobody waits for it: what is printed on may
// be a pipe that is full. The channel is closed when it has been written, or
// could not be, which nothing depends on: failed hears of it.
func (line readyLine) print(to io.Writer, failed func(error)) (printed <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		text, err := json.Marshal(line)
		if err == nil {
			_, err = fmt.Fprintf(to, "%s\n", text)
		}
		if err != nil {
			failed(err)
		}
	}()
	return done
}

// banner tells people what the line tells programs.
func (line readyLine) banner(to io.Writer) {
	fmt.Fprintf(to, "\nagentmock %s\n\n", mockserver.Version())
	for _, api := range mockserver.APIs() {
		if url, ok := line.BaseURLs[api]; ok {
			fmt.Fprintf(to, "  %-12s %s\n", api, url)
		}
	}
	fmt.Fprintf(to, "  %-12s %s/\n", "page", line.Admin)
	if line.AdminToken != "" {
		fmt.Fprintf(to, "  %-12s admin_token of the line on standard output\n", "token")
	}
	fmt.Fprint(to, "\nCtrl-C ends it.\n\n")
}

// writePort writes the port of a server into the file of -port-file.
func writePort(name string, s *server) error {
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return err
	}
	if err := writeFile(name, []byte(port+"\n"), 0o644); err != nil {
		return misusage("-port-file: %w", err)
	}
	return nil
}
