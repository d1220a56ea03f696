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
	var nearest *route
	least := 0
	for i := range a.routes {
		r := &a.routes[i]
		distance := pathDistance(strings.Split(x.Path, "/"), r.elements)
		if r.Method != x.Method {
			distance++
		}
		if nearest == nil || distance < least {
			nearest, least = r, distance
		}
	}
	if nearest == nil {
		return text
	}
	return text + fmt.Sprintf(": nearest is %s %s (%s)", nearest.Method, nearest.Path, nearest.name)
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
