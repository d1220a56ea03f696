package shape

import (
	"maps"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// The bounds of what is told about two documents. Names come from the real
// one, which can have any.
const (
	maxDifferences = 100
	maxPointer     = 300
)

// Compare returns in what the shapes of two documents differ: at most 100
// differences, the first ones in the order of their pointers. Items of arrays
// of which one is empty are not compared, nor are values where one side has
// several types and the other one has one of them. Only Kind, Pointer, Real
// and Mock are set.
func Compare(real, mock *Shape) []journal.Difference {
	var c comparison
	c.compare(real, mock)
	return c.found
}

type comparison struct {
	path  []string // escaped
	found []journal.Difference
}

func (c *comparison) compare(real, mock *Shape) {
	if real == nil || mock == nil || len(c.found) >= maxDifferences {
		return
	}
	both := real.kinds & mock.kinds
	if both == 0 {
		kind := journal.TypeDiffers
		if real.kinds == null || mock.kinds == null {
			kind = journal.NullDiffers
		}
		c.add(kind, real.kinds.String(), mock.kinds.String())
		return
	}
	if both&timestamp != 0 && !timesFit(real.times, mock.times) {
		c.add(journal.TimeDiffers, describeTimes(real.times), describeTimes(mock.times))
	}
	if both&object != 0 {
		c.compareMembers(real.members, mock.members)
	}
	if both&array != 0 {
		c.within("*", func() { c.compare(real.items, mock.items) })
	}
}

func (c *comparison) compareMembers(real, mock map[string]*Shape) {
	names := slices.AppendSeq(make([]string, 0, len(real)+len(mock)), maps.Keys(real))
	for name := range mock {
		if real[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if len(c.found) >= maxDifferences {
			return
		}
		c.within(escaped(name), func() {
			switch r, m := real[name], mock[name]; {
			case m == nil:
				c.add(journal.MemberMissing, r.kinds.String(), "")
			case r == nil:
				c.add(journal.MemberExtra, "", m.kinds.String())
			default:
				c.compare(r, m)
			}
		})
	}
}

// within does something one step deeper.
func (c *comparison) within(step string, do func()) {
	c.path = append(c.path, step)
	do()
	c.path = c.path[:len(c.path)-1]
}

func (c *comparison) add(kind journal.DifferenceKind, real, mock string) {
	if len(c.found) >= maxDifferences {
		return
	}
	var pointer strings.Builder
	for _, step := range c.path {
		pointer.WriteString("/" + step)
		if pointer.Len() > maxPointer {
			break
		}
	}
	c.found = append(c.found, journal.Difference{Kind: kind, Pointer: Clip(pointer.String(), maxPointer), Real: real, Mock: mock})
}

// Clip shortens a text to that many bytes, and marks that it did.
func Clip(s string, most int) string {
	if len(s) <= most {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// escaped is a name as a step of a JSON pointer.
func escaped(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
