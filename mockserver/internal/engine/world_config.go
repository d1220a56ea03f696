package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// WorldConfig is what a world has of its own, for as long as it exists: Reset
// keeps it. What is not given is as Config says for all.
type WorldConfig struct {
	APIKeys    []string
	Strictness Strictness
	TTL        time.Duration
}

// check says what is wrong, without showing a credential.
func (c WorldConfig) check(isDefault bool) error {
	switch {
	case slices.Contains(c.APIKeys, ""):
		return errors.New("APIKeys: has an empty credential")
	case c.TTL < 0:
		return fmt.Errorf("TTL: is %s; it must not be negative", c.TTL)
	case c.TTL > 0 && isDefault:
		return errors.New("TTL: the default namespace is never dropped and has none")
	}
	return c.Strictness.Check()
}

// configureWorld gives a world what a configuration has.
func (e *Engine) configureWorld(w *World, given WorldConfig) {
	var own WorldConfig
	if before := w.own.Load(); before != nil {
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
		w.own.Store(&own)
	}
}

// APIKeys are the credentials that are accepted; none: any.
func (w *World) APIKeys() []string {
	if own := w.own.Load(); own != nil && len(own.APIKeys) > 0 {
		return own.APIKeys
	}
	return w.engine.config.APIKeys
}

// Strictness is what is done about odd requests; never empty.
func (w *World) Strictness() Strictness {
	if own := w.own.Load(); own != nil && own.Strictness != "" {
		return own.Strictness
	}
	return cmp.Or(w.engine.config.Strictness, AsAPI)
}

// TTL is after how long without a request the world is dropped; 0: never.
func (w *World) TTL() time.Duration {
	if w.name == "" {
		return 0
	}
	return w.ttl()
}

func (w *World) ttl() time.Duration {
	if own := w.own.Load(); own != nil && own.TTL > 0 {
		return own.TTL
	}
	return w.engine.config.NamespaceTTL
}

// tenant is the organization that a credential belongs to: all are one,
// unless they were told apart.
func (w *World) tenant(credential string) string { return w.engine.config.Tenants[credential] }
