// Package credential knows which request headers carry credentials, and reads
// the ones that the emulated APIs share.
package credential

import (
	"slices"
	"strings"
)

// endings are how the names of headers end that carry credentials
// on any API, in canonical form.
var endings = []string{
	"Authorization", "Cookie", "Api-Key", "Apikey", "Access-Key", "Token", "Secret", "Password", "Credential", "Credentials",
}

// IsHeader reports whether the value of a header must not be kept.
// Both are canonical: the name, and the names that the API has besides.
func IsHeader(name string, ofAPI []string) bool {
	for _, ending := range endings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return slices.Contains(ofAPI, name)
}
