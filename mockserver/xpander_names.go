package mockserver

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// The words of unique names.
var (
	xpanderAdjectives = strings.Fields(`amber azure beige bold brave bright bronze calm
		cobalt copper coral crimson cyan ebony emerald fuchsia golden gray green indigo
		ivory jade khaki lavender lilac lime magenta maroon mauve mint navy ochre olive
		orange peach pearl pink plum purple quick quiet red rose ruby saffron sage salmon
		sapphire scarlet sienna silver swift tan teal topaz turquoise violet white`)
	xpanderAnimals = strings.Fields(`ant badger bass bear beaver bison camel cat cobra
		condor crane crow deer dingo dove duck eagle eel elk emu falcon ferret finch fox
		frog gazelle gecko goat goose hare hawk heron horse ibis jackal koala lark lemur
		lion llama lynx marten mole moose newt orca otter owl panda puma quail raven seal
		shark sloth snail stork swallow swan tapir tiger toad trout vole wolf wombat yak zebra`)
)

// xpanderUniqueName makes a name that no agent of the organization has. When
// chance does not find one quickly, a number is added.
func xpanderUniqueName(x *exchange) string {
	taken := &x.state.(*xpanderState).UniqueNames
	const tries = 8
	var name string
	for range tries {
		n := binary.BigEndian.Uint32(x.entropy("xpander.unique-name", 4))
		adjectives, animals := uint32(len(xpanderAdjectives)), uint32(len(xpanderAnimals))
		name = xpanderAdjectives[n%adjectives] + "-" + xpanderAnimals[n/adjectives%animals]
		if taken.get(x.tenant, name) == nil {
			return name
		}
	}
	for number := taken.len() + 1; ; number++ {
		if numbered := name + "-" + strconv.Itoa(number); taken.get(x.tenant, numbered) == nil {
			return numbered
		}
	}
}
