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
func checkHealth(s *settings) error {
	target := s.healthURL
	if target == "" {
		_, port, _ := net.SplitHostPort(s.guarded())
		if port == "0" {
			return errors.New("-healthcheck needs a URL, or an -addr with a port")
		}
		target = serverURL(s, reachable(s.guarded())) + "/_mock/health"
	}
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("-healthcheck: %w", err)
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
		return fmt.Errorf("not serving: %s answers %s", target, response.Status)
	}
	return nil
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
