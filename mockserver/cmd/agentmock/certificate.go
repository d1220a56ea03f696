package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
)

// makeCertificate makes up a certificate authority and a certificate of its
// for localhost and the hosts that are given. The key of the authority is
// thrown away, so that it can vouch for nothing else.
func makeCertificate(hosts ...string) (certificate tls.Certificate, authority []byte, err error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	from, to := time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	root := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "agentmock made-up CA"},
		NotBefore:             from,
		NotAfter:              to,
		IsCA:                  true,
		MaxPathLenZero:        true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, authorityKey.Public(), authorityKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "agentmock"},
		NotBefore:    from,
		NotAfter:     to,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost", "*.localhost", "host.docker.internal"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, host := range hosts {
		switch ip := net.ParseIP(host); {
		case ip != nil && !ip.IsUnspecified():
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		case ip == nil && host != "":
			leaf.DNSNames = append(leaf.DNSNames, host)
		}
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), authorityKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})
	return tls.Certificate{Certificate: [][]byte{leafDER, rootDER}, PrivateKey: key}, authority, nil
}

// readCertificate reads a certificate and its key.
func readCertificate(ctx context.Context, certFile, keyFile string) (tls.Certificate, error) {
	certificate, err := readInput(ctx, certFile)
	if err != nil {
		return tls.Certificate{}, misusage("-cert: %w", err)
	}
	key, err := readInput(ctx, keyFile)
	if err != nil {
		return tls.Certificate{}, misusage("-key: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return tls.Certificate{}, misusage("-cert %s and -key %s: %w", certFile, keyFile, err)
	}
	return pair, nil
}

// encryption returns nil if the server does not speak TLS.
func (s *settings) encryption(ctx context.Context) (config *tls.Config, authority []byte, err error) {
	var certificate tls.Certificate
	switch {
	case s.tls:
		hosts := mockserver.Hosts() // they may be made to lead here
		for _, address := range []string{s.addr, s.guarded()} {
			host, _, _ := net.SplitHostPort(address)
			hosts = append(hosts, host)
		}
		if u, err := url.Parse(s.publicURL); err == nil {
			hosts = append(hosts, u.Hostname())
		}
		if certificate, authority, err = makeCertificate(hosts...); err != nil {
			return nil, nil, err
		}
	case s.certFile != "":
		if certificate, err = readCertificate(ctx, s.certFile, s.keyFile); err != nil {
			return nil, nil, err
		}
	default:
		return nil, nil, nil
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, authority, nil
}
