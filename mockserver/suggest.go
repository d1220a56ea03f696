package mockserver

import (
	"fmt"
	"strings"
)

// suggest says for people what a request that matched no operation may have
// meant.
func (x *exchange) suggest() string {
	text := fmt.Sprintf("%s %.200s", x.method, x.entry.where())
	e := x.entry.emulated
	switch {
	case e == nil:
		return text + ": the path belongs to no API; there are " + quoted(x.namespace.server.names())
	case x.entry.reason != "":
		return text + ": " + x.entry.reason
	case len(x.allowed) > 0:
		return text + ": the path has only " + strings.Join(x.allowed, ", ")
	}
	var nearest *operation
	least := 0
	for _, r := range e.routes {
		distance := pathDistance(strings.Split(x.path, "/"), r.elements)
		if r.method != x.method {
			distance++
		}
		if nearest == nil || distance < least {
			nearest, least = r.operation, distance
		}
	}
	if nearest == nil {
		return text
	}
	return text + fmt.Sprintf(": nearest is %s %s (%s)", nearest.method, nearest.pattern, nearest.op)
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
