package mockserver

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// NamespaceConfig is what a namespace has of its own, for as long as it
// exists: Reset keeps it. What is not given is as Config says for all.
type NamespaceConfig struct {
	// APIKeys are the credentials that are accepted, instead of
	// Config.APIKeys. None of them is empty. They do not lead to the
	// namespace unless they contain mock_ns_NAME_. Empty: those of the server.
	APIKeys []string

	// Strictness is what is done about requests that the API would let pass
	// although something is wrong with them. Empty: that of the server.
	Strictness Strictness

	// TTL is after how long without a request the namespace is dropped; the
	// default one never is and has none. 0: Config.NamespaceTTL.
	TTL time.Duration
}

// check says what is wrong, without showing a credential.
func (c NamespaceConfig) check(isDefault bool) error {
	switch {
	case slices.Contains(c.APIKeys, ""):
		return errors.New("APIKeys: has an empty credential")
	case c.TTL < 0:
		return fmt.Errorf("TTL: is %s; it must not be negative", c.TTL)
	case c.TTL > 0 && isDefault:
		return errors.New("TTL: the default namespace is never dropped and has none")
	}
	return c.Strictness.check()
}

// configureNamespace gives a namespace what a configuration has. The caller
// holds the lock of the server.
func (s *Server) configureNamespace(n *Namespace, given NamespaceConfig) {
	var own NamespaceConfig
	if before := n.own.Load(); before != nil {
		own = *before
	}
	if len(given.APIKeys) > 0 {
		own.APIKeys = slices.Clone(given.APIKeys)
	}
	if given.Strictness != "" {
		own.Strictness = given.Strictness
	}
	if given.TTL != 0 {
		own.TTL = given.TTL
	}
	if len(own.APIKeys) > 0 || own.Strictness != "" || own.TTL != 0 {
		n.own.Store(&own)
	}
}

// apiKeys are the credentials that are accepted; none: any.
func (n *Namespace) apiKeys() []string {
	if own := n.own.Load(); own != nil && len(own.APIKeys) > 0 {
		return own.APIKeys
	}
	return n.server.config.APIKeys
}

// strictness is never empty.
func (n *Namespace) strictness() Strictness {
	if own := n.own.Load(); own != nil && own.Strictness != "" {
		return own.Strictness
	}
	return cmp.Or(n.server.config.Strictness, AsAPI)
}

// ttl is after how long without a request the namespace is dropped.
func (n *Namespace) ttl() time.Duration {
	if own := n.own.Load(); own != nil && own.TTL > 0 {
		return own.TTL
	}
	return n.server.config.NamespaceTTL
}
