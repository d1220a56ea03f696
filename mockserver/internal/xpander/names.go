package xpander

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// The words of unique names.
var (
	adjectives = strings.Fields(`amber azure beige bold brave bright bronze calm
		cobalt copper coral crimson cyan ebony emerald fuchsia golden gray green indigo
		ivory jade khaki lavender lilac lime magenta maroon mauve mint navy ochre olive
		orange peach pearl pink plum purple quick quiet red rose ruby saffron sage salmon
		sapphire scarlet sienna silver swift tan teal topaz turquoise violet white`)
	animals = strings.Fields(`ant badger bass bear beaver bison camel cat cobra
		condor crane crow deer dingo dove duck eagle eel elk emu falcon ferret finch fox
		frog gazelle gecko goat goose hare hawk heron horse ibis jackal koala lark lemur
		lion llama lynx marten mole moose newt orca otter owl panda puma quail raven seal
		shark sloth snail stork swallow swan tapir tiger toad trout vole wolf wombat yak zebra`)
)

// uniqueName makes a name that no agent of the organization has. When chance
// does not find one quickly, a number is added.
func uniqueName(r *emulate.Request, taken *emulate.Collection[string]) string {
	const tries = 8
	var name string
	for range tries {
		n := binary.BigEndian.Uint32(r.Entropy("unique-name", 4))
		first, second := uint32(len(adjectives)), uint32(len(animals))
		name = adjectives[n%first] + "-" + animals[n/first%second]
		if taken.Get(r.Tenant, name) == nil {
			return name
		}
	}
	for number := taken.Len() + 1; ; number++ {
		if numbered := name + "-" + strconv.Itoa(number); taken.Get(r.Tenant, numbered) == nil {
			return numbered
		}
	}
}
