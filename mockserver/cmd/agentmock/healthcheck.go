package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// healthTimeout bounds a health check.
const healthTimeout = 3 * time.Second

// checkHealth asks a server whether it serves.
func checkHealth(ctx context.Context, s *settings) error {
	target, err := s.healthTarget()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return misusage("-healthcheck: the URL cannot be read; it must be like http://127.0.0.1:4141/_mock/health")
	}
	client := &http.Client{Transport: &http.Transport{
		// The question is whether it serves, not who it is: a made-up
		// certificate is known to nobody.
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DisableKeepAlives: true,
	}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("not serving: %w", err)
	}
	response.Body.Close() //nolint:errcheck // only the status counts
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not serving: %s responds with %s", request.URL.Redacted(), response.Status)
	}
	return nil
}

// healthTarget is the URL to ask. A health check in a container knows the
// variables of the server there, but not its flags: it looks them up.
func (s *settings) healthTarget() (string, error) {
	if s.healthURL != "" {
		return s.healthURL, nil
	}
	if s.onlyHealthcheck {
		if other := servingHere(); other != nil {
			s = other
		}
	}
	if _, port, _ := net.SplitHostPort(s.guarded()); port == "0" {
		return "", errors.New("-healthcheck needs a URL, or an -addr with a port")
	}
	return serverURL(s, reachable(s.guarded())) + "/_mock/health", nil
}

// serverURL is the URL of a server at an address.
func serverURL(s *settings, addr string) string {
	if s.encrypted() {
		return "https://" + addr
	}
	return "http://" + addr
}

// reachable turns an address that is listened on into one that can be called:
// a listener on all addresses is called on the loopback one.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// isLoopback reports whether only this machine can reach an address.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
