package mockserver

import "net/http"

// keyHeader is part of the dialects whose credential is a key in the header
// x-api-key. Authorization is ignored there, but people put their key into it
// by mistake.
type keyHeader struct{}

func (keyHeader) credentialHeaders() []string { return []string{"X-Api-Key", "Authorization"} }

func (keyHeader) credential(header http.Header) string { return header.Get("X-Api-Key") }

// refused says for people why a key is not accepted.
func (keyHeader) refused(key string) string {
	if key == "" {
		return "header x-api-key: expected a key, got nothing"
	}
	return "header x-api-key: expected an accepted key, got another one"
}
