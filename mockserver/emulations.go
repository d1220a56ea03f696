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
