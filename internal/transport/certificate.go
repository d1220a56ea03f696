package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// isCertificateError reports whether the server is not who it should be.
// Asking again does not help.
func isCertificateError(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &invalid)
}
