package engine

import (
	"fmt"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// suggest says for people what a request that matched no operation may have
// meant.
func (x *exchange) suggest() string {
	text := fmt.Sprintf("%s %.200s", x.Method, x.entry.where())
	a := x.api
	switch {
	case a == nil:
		return text + ": the path belongs to no API; there are " + jsontext.Quote(x.world.engine.Names())
	case x.entry.reason != "":
		return text + ": " + x.entry.reason
	case len(x.Allowed) > 0:
		return text + ": the path has only " + strings.Join(x.Allowed, ", ")
	}
	return text + ": " + x.nearest()
}

// nearest says which operation comes nearest to a request, and what of the
// API is known and not emulated.
func (x *exchange) nearest() string {
	var found *route
	least := 0
	for i := range x.api.routes {
		r := &x.api.routes[i]
		distance := pathDistance(strings.Split(x.Path, "/"), r.elements)
		if r.Method != x.Method {
			distance++
		}
		if found == nil || distance < least {
			found, least = r, distance
		}
	}
	var parts []string
	if found != nil {
		parts = append(parts, fmt.Sprintf("nearest is %s %s (%s)", found.Method, found.Path, found.name))
	}
	if len(x.api.NotEmulated) > 0 {
		parts = append(parts, "not emulated are "+strings.Join(x.api.NotEmulated, ", "))
	}
	return strings.Join(parts, "; ")
}

// pathDistance is how much two paths differ: two for each element that one of
// them lacks, one or two for each that is not the same.
func pathDistance(path, pattern []string) int {
	distance := 2 * max(len(path)-len(pattern), len(pattern)-len(path))
	for i := range min(len(path), len(pattern)) {
		switch {
		case strings.HasPrefix(pattern[i], "{") || path[i] == pattern[i]:
		case strings.HasPrefix(path[i], pattern[i]) || strings.HasPrefix(pattern[i], path[i]):
			distance++
		default:
			distance += 2
		}
	}
	return distance
}
