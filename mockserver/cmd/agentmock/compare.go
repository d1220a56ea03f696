package main

import (
	"errors"
	"fmt"
	"strings"
)

// checkCompare reads -compare. Its errors show no URL: there could be a
// password in it.
func (s *settings) checkCompare() error {
	for i, pair := range s.comparePairs {
		api, base, _ := strings.Cut(pair, "=")
		api, base = strings.TrimSpace(api), strings.TrimSpace(base)
		if api == "" || base == "" {
			return fmt.Errorf("-compare must be api=URL, separated by commas, nothing of it empty; number %d is not", i+1)
		}
		if s.compare[api] != "" {
			return fmt.Errorf("-compare: number %d gives an API a second URL", i+1)
		}
		if s.compare == nil {
			s.compare = make(map[string]string)
		}
		s.compare[api] = base
	}
	if s.compareKeep && s.compare == nil {
		return errors.New("-compare-keep keeps what real APIs respond: give -compare, too")
	}
	return nil
}
