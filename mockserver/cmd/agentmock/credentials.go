package main

import (
	"errors"
	"fmt"
	"strings"
)

// secretFlags are those with credentials. What is wrong with them is found
// after the flags were parsed, because an error of package flag shows the
// value.
var secretFlags = []string{"api-keys", "tenants", "admin-token", "public-url", "compare"}

// checkCredentials reads -api-keys and -tenants. Its errors show none.
func (s *settings) checkCredentials() error {
	for i, key := range s.apiKeys {
		if s.apiKeys[i] = strings.TrimSpace(key); s.apiKeys[i] == "" {
			return errors.New("-api-keys must be credentials separated by commas, none of them empty")
		}
	}
	s.tenants = make(map[string]string, len(s.tenantPairs))
	for i, pair := range s.tenantPairs {
		// A credential may have an equals sign, as base64 does at its end.
		at := max(0, strings.LastIndexByte(pair, '='))
		credential := strings.TrimSpace(pair[:at])
		name := strings.TrimSpace(strings.TrimPrefix(pair[at:], "="))
		if credential == "" || name == "" {
			return fmt.Errorf("-tenants must be credential=organization, separated by commas, nothing of it empty; number %d is not", i+1)
		}
		if other, ok := s.tenants[credential]; ok && other != name {
			return fmt.Errorf("-tenants: number %d gives a credential to a second organization", i+1)
		}
		s.tenants[credential] = name
	}
	return nil
}
