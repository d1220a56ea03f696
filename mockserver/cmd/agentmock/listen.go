package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// maxHeaderBytes is how long the header of a request can be; it is kept in
// memory before anybody looks at it.
const maxHeaderBytes = 64 << 10

// server is one listener with what serves it.
type server struct {
	listener net.Listener
	http     *http.Server
	url      string
}

func (s *server) serve() error {
	if s.http.TLSConfig != nil {
		return s.http.ServeTLS(s.listener, "", "")
	}
	return s.http.Serve(s.listener)
}

// listen opens the port, and that of the admin API if it has its own.
func listen(ctx context.Context, s *settings, handler http.Handler, logger *slog.Logger) ([]*server, error) {
	encryption, authority, err := s.encryption(ctx)
	if err != nil {
		return nil, err
	}
	main := handler
	if s.adminAddr != "" {
		main = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isAdmin(r) {
				http.Error(w, "the admin API has its own address", http.StatusNotFound)
				return
			}
			handler.ServeHTTP(w, r)
		})
	}
	addresses, handlers := []string{s.addr}, []http.Handler{main}
	if s.adminAddr != "" {
		addresses = append(addresses, s.adminAddr)
		handlers = append(handlers, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !isAdmin(r) {
				http.Error(w, "only /_mock/ is served here", http.StatusNotFound)
				return
			}
			handler.ServeHTTP(w, r)
		}))
	}
	var servers []*server
	for i, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			for _, other := range servers {
				other.listener.Close() //nolint:errcheck // the first error counts
			}
			hint := ""
			if address == defaultAddress {
				hint = "; -addr gives another address, and port 0 in it takes a free one"
			}
			return nil, fmt.Errorf("cannot listen on %s: %w%s", address, err, hint)
		}
		servers = append(servers, &server{
			listener: listener,
			url:      serverURL(s, reachable(listener.Addr().String())),
			http: &http.Server{
				Handler:           handlers[i],
				TLSConfig:         encryption.Clone(),
				Protocols:         onlyHTTP1(),
				ReadHeaderTimeout: 30 * time.Second,
				IdleTimeout:       2 * time.Minute,
				MaxHeaderBytes:    maxHeaderBytes,
				ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
			},
		})
	}
	if s.caOut != "" {
		if err := writeFile(s.caOut, authority, 0o644); err != nil {
			return nil, misusage("-ca-out: %w", err)
		}
	}
	return servers, nil
}

// onlyHTTP1 keeps a connection for each request at a time: with several on
// one, a fault that breaks the connection would hit the others, too.
func onlyHTTP1() *http.Protocols {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &protocols
}

func isAdmin(r *http.Request) bool {
	return r.URL.Path == "/_mock" || strings.HasPrefix(r.URL.Path, "/_mock/")
}
