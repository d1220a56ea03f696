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

// announce tells where the server is, now that it listens.
func announce(stdout io.Writer, s *settings, servers []*server, withToken bool) error {
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
	if s.portFile != "" {
		_, port, err := net.SplitHostPort(main.listener.Addr().String())
		if err != nil {
			return err
		}
		if err := writeFile(s.portFile, []byte(port+"\n"), 0o644); err != nil {
			return misusage("-port-file: %w", err)
		}
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n", text)
	return err
}
