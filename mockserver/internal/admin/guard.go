package admin

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/pipenet"
)

// guard refuses those who may not use the admin API. No web page may, whoever
// opened it: a page is told by its Origin and by what the browser says about
// its site, and one that had its own name point to this machine by the Host.
// No header ever allows another site to read a response. Callers from other
// machines need a token.
func (c *call) guard() error {
	header := c.r.Header
	switch site := header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
	default:
		return refuse(http.StatusForbidden, "web pages may not use the admin API: Sec-Fetch-Site is %.20q", site)
	}
	for _, origin := range header["Origin"] {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || !strings.EqualFold(u.Host, c.r.Host) {
			return refuse(http.StatusForbidden, "web pages may not use the admin API: Origin is not this server")
		}
	}
	if c.token != "" {
		token := adminToken(header)
		if subtle.ConstantTimeCompare([]byte(token), []byte(c.token)) == 1 {
			return nil // a page that had its name point here does not know it
		}
		if token == "" {
			return refuse(http.StatusUnauthorized, "the admin API needs its token: header Authorization: Bearer TOKEN")
		}
		return refuse(http.StatusUnauthorized, "the token is not that of the admin API")
	}
	if !isLocalHost(c.r.Host) && !c.isPublicHost() {
		return refuse(http.StatusForbidden, "Host %.80q is not a name of this machine; use localhost, 127.0.0.1 or [::1]", c.r.Host)
	}
	if !isLocalCaller(c.r.RemoteAddr) {
		return refuse(http.StatusForbidden, "the admin API can only be used from this machine, unless the server was given a token for it")
	}
	return nil
}

// adminToken is the token that a request brings.
func adminToken(header http.Header) string {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return header.Get("X-Mock-Token")
}

// isPublicHost reports whether the request calls the server by the name that
// it was configured with.
func (c *call) isPublicHost() bool {
	u, err := url.Parse(c.engine.PublicURL())
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, c.r.Host)
}

// isLocalHost reports whether a Host header can only mean this machine.
func isLocalHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// isLocalCaller reports whether a request came from this machine: over the
// loopback interface or through a pipe.
func isLocalCaller(address string) bool {
	if address == pipenet.Host+":80" {
		return true
	}
	peer, err := netip.ParseAddrPort(address)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
