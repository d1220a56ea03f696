package mockserver

import (
	"sync"

	"github.com/agentclients/agentclients-go/mockserver/internal/agentloop"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/omniflow"
	"github.com/agentclients/agentclients-go/mockserver/internal/orq"
	"github.com/agentclients/agentclients-go/mockserver/internal/phoneagents"
	"github.com/agentclients/agentclients-go/mockserver/internal/xpander"
)

// emulations are the emulated APIs, in the order in which they are listed
// everywhere. They are made once: they hold no state.
var emulations = sync.OnceValue(func() (all []*engine.Emulation) {
	for _, api := range []*emulate.API{
		omniflow.API(),
		agentloop.API(),
		orq.API(),
		phoneagents.API(),
		xpander.API(),
	} {
		all = append(all, engine.Emulate(api))
	}
	return all
})

// APIs returns the name of every emulated API, in the order in which they are
// listed everywhere else.
func APIs() []string {
	var names []string
	for _, api := range emulations() {
		names = append(names, api.Name)
	}
	return names
}

// Hosts returns the hosts at which the vendors serve the emulated APIs, such
// as "api.orq.ai". A request whose Host is one of them goes to that API at the
// root, so that a client whose base URL cannot be changed reaches the mock
// through a hosts file or a dialer.
func Hosts() []string {
	var hosts []string
	for _, api := range emulations() {
		if host := api.Host(); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
