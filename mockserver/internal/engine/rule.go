package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// Rule is a rule of a namespace. It is safe for concurrent use.
type Rule struct {
	world   *World
	id      string
	spec    fault.Rule
	matcher matcher
	plans   [][]fault.Step // single faults with their stages: one list, or one per request
	size    int            // what it counts among the rules
	reaches bool           // also requests that match no operation

	// Guarded by the lock of the namespace.
	seen    int // requests that matched
	fired   int // requests that were hit
	random  *rand.Rand
	removed bool
}

// The bounds of the rules of a namespace, and of those of all together. Their
// bytes are those of their JSON.
const (
	maxRules        = 10_000
	maxRuleBytes    = 16 << 20
	maxAllRuleBytes = 64 << 20
)

// AddRule adds a rule after those that there are. A request is hit by the
// first rule that wants it. The error says in one line what is wrong with the
// rule and what is allowed; also that there would be more than 10,000 rules or
// 16 MiB of them, or 64 MiB in all namespaces.
func (w *World) AddRule(spec fault.Rule) (*Rule, error) {
	r, err := w.newRule(spec)
	if err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	w.locked(func() {
		if err = w.takeRoom(len(w.rules)+1, w.ruleBytes+r.size); err == nil {
			w.insert(len(w.rules), r)
		}
	})
	return r, err
}

// ReplaceRules takes rules out of the namespace and puts others in their
// place: where the first of them stood or, if none is there any more, after
// all. No request comes in between. The error says which rule is wrong, what
// is wrong with it and what is allowed; also that there would be more than
// 10,000 rules or 16 MiB of them, or 64 MiB in all namespaces. Then nothing was
// changed.
func (w *World) ReplaceRules(old []*Rule, specs ...fault.Rule) ([]*Rule, error) {
	added := make([]*Rule, len(specs))
	for i, spec := range specs {
		var err error
		if added[i], err = w.newRule(spec); err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	var err error
	w.locked(func() { err = w.replace(old, added) })
	if err != nil {
		return nil, err
	}
	return added, nil
}

func (w *World) replace(old, added []*Rule) error {
	replaced := make(map[*Rule]bool, len(old))
	for _, r := range old {
		replaced[r] = true
	}
	isOld := func(r *Rule) bool { return replaced[r] }
	at := slices.IndexFunc(w.rules, isOld)
	kept := slices.DeleteFunc(slices.Clone(w.rules), isOld)
	if err := w.takeRoom(len(kept)+len(added), bytesOf(kept)+bytesOf(added)); err != nil {
		return err
	}
	if at < 0 {
		at = len(kept)
	}
	for _, r := range w.rules {
		r.removed = replaced[r]
	}
	w.rules = kept
	w.insert(at, added...)
	return nil
}

// takeRoom makes the namespace have a number of bytes of rules, or says that
// there would be too many.
func (w *World) takeRoom(rules, bytes int) error {
	switch {
	case rules > maxRules:
		return fmt.Errorf("rules: there would be %d; %d are allowed", rules, maxRules)
	case bytes > maxRuleBytes:
		return fmt.Errorf("rules: they would have %d bytes; %d are allowed", bytes, maxRuleBytes)
	}
	more := bytes - w.ruleBytes
	if all := w.countRules(more); more > 0 && all > maxAllRuleBytes {
		w.countRules(-more)
		return fmt.Errorf("rules: those of all namespaces would have %d bytes; %d are allowed", all, maxAllRuleBytes)
	}
	return nil
}

// countRules counts bytes of rules, and returns what all namespaces have. One
// that was dropped counts no more.
func (w *World) countRules(bytes int) (all int64) {
	w.ruleBytes += bytes
	if w.dropped != "" {
		return 0
	}
	return w.engine.ruleBytes.Add(int64(bytes))
}

func bytesOf(rules []*Rule) (bytes int) {
	for _, r := range rules {
		bytes += r.size
	}
	return bytes
}

// newRule makes a rule that is not among those of the namespace yet.
func (w *World) newRule(spec fault.Rule) (*Rule, error) {
	r := &Rule{world: w, spec: spec}
	return r, r.compile()
}

// insert names rules and puts them among the others.
func (w *World) insert(at int, added ...*Rule) {
	for _, r := range added {
		w.ruleIDs++
		r.id = "r" + strconv.Itoa(w.ruleIDs)
	}
	w.rules = slices.Insert(w.rules, at, added...)
}

func (r *Rule) compile() error {
	spec := &r.spec
	switch err := r.world.engine.checkOperation(spec.Op); {
	case spec.Op == "":
		return errors.New("op is missing; there are " + jsontext.Quote(r.world.engine.Operations()))
	case spec.Op != fault.AnyOp && err != nil:
		return fmt.Errorf("%w, and %q for all", err, fault.AnyOp)
	case spec.Skip < 0:
		return fmt.Errorf("skip is %d; it must not be negative", spec.Skip)
	case spec.Times < 0:
		return fmt.Errorf("times is %d; it must not be negative", spec.Times)
	case spec.Every < 0:
		return fmt.Errorf("every is %d; it must not be negative", spec.Every)
	case !(spec.Rate >= 0 && spec.Rate <= 1):
		return fmt.Errorf("rate is %v; allowed is 0 to 1", spec.Rate)
	case spec.Stage != "" && !slices.Contains(fault.Stages(), spec.Stage):
		return fmt.Errorf("unknown stage %q; there are %s", spec.Stage, jsontext.Quote(fault.Stages()))
	case len(spec.Do) == 0 && len(spec.Queue) == 0:
		return errors.New("do is missing: it lists the faults that happen")
	case len(spec.Do) > 0 && len(spec.Queue) > 0:
		return errors.New("do and queue are both given; only one can be")
	case len(spec.Queue) > 0 && spec.Times > 0:
		return errors.New("times is given with queue, which ends by itself")
	}
	if err := r.plan(); err != nil {
		return err
	}
	match := spec.Match
	switch {
	case match.Op != "":
		return errors.New("match: op is that of the rule")
	case match.Status != 0 || match.Outcome != "" || match.Committed != nil || match.Rule != "" || match.Matched != nil:
		return errors.New("match: status, outcome, committed, rule and matched are not known before the response")
	case slices.ContainsFunc(r.plans, isEarly) && (match.JSON != nil || match.Retried != nil || needsBody(match)):
		return fmt.Errorf("match: json, body and retried are not known at stage %q", fault.BeforeRead)
	case match.Retried != nil && r.world.engine.config.JournalEntries < 0:
		return errors.New("match: retried is not known without a journal")
	case spec.Stub && (len(spec.Do) == 0 || !slices.ContainsFunc(r.plans[0], fault.Step.Responds)):
		return errors.New("stub: it responds itself, so do needs a status, an html or a redirect")
	}
	r.reaches = spec.Op == fault.AnyOp && (spec.Stub || namesPath(match))
	if spec.Op != fault.AnyOp {
		match.Op = spec.Op
	}
	var err error
	if r.matcher, err = r.world.engine.compile(match); err != nil {
		return fmt.Errorf("match: %w", err)
	}
	written, err := jsontext.Marshal(spec)
	if err != nil {
		return err
	}
	r.size = len(written)
	if spec.Rate > 0 {
		r.random = rand.New(rand.NewPCG(spec.Seed, 0))
	}
	return nil
}

// plan makes the faults ready.
func (r *Rule) plan() error {
	if len(r.spec.Do) > 0 {
		steps, err := fault.Steps(r.spec.Stage, r.spec.Do...)
		r.plans = [][]fault.Step{steps}
		return err
	}
	for _, f := range r.spec.Queue {
		steps, err := fault.Steps(r.spec.Stage, f)
		if err != nil {
			return err
		}
		r.plans = append(r.plans, steps)
	}
	return nil
}

// next is what the next request that is hit gets; nil: the rule is used up.
func (r *Rule) next() []fault.Step {
	switch {
	case len(r.spec.Queue) > 0:
		if r.fired < len(r.plans) {
			return r.plans[r.fired]
		}
		return nil
	case r.spec.Times > 0 && r.fired >= r.spec.Times:
		return nil
	}
	return r.plans[0]
}

// claim gives the request to the rule if it wants it. It is asked once before
// the request was read and once after.
func (r *Rule) claim(x *exchange, early bool) bool {
	plan := r.next()
	if plan == nil || isEarly(plan) != early || x.route == nil && !r.reaches || !r.matcher.holds(x.entry, x) {
		return false
	}
	r.seen++
	turn := r.seen - r.spec.Skip - 1
	switch {
	case turn < 0:
		return false
	case r.spec.Every > 1 && turn%r.spec.Every != 0:
		return false
	case r.random != nil && r.random.Float64() >= r.spec.Rate:
		return false
	}
	r.fired++
	x.plan = plan
	x.stubbed = r.spec.Stub
	x.stop = r.world.stopped()
	x.entry.rule, x.entry.faults = r.id, plan
	r.world.journal.grow(x.entry, sizeOf(plan), r.world.engine.config.JournalBytes)
	return true
}

// sizeOf is about what a plan keeps in memory, also when its rule is gone.
func sizeOf(plan []fault.Step) (bytes int) {
	for _, step := range plan {
		bytes += step.Size()
	}
	return bytes
}

// Rules returns the rules of the namespace in the order in which they are
// asked, those that are used up included.
func (w *World) Rules() (rules []*Rule) {
	w.locked(func() { rules = slices.Clone(w.rules) })
	return rules
}

// ID names the rule within its namespace.
func (r *Rule) ID() string { return r.id }

// Spec is what the rule was made of.
func (r *Rule) Spec() fault.Rule { return r.spec }

// Fired is how many requests the rule has hit.
func (r *Rule) Fired() (fired int) {
	r.world.locked(func() { fired = r.fired })
	return fired
}

// Remaining is how many requests the rule will still hit; -1: any number.
func (r *Rule) Remaining() (remaining int) {
	r.world.locked(func() { remaining = r.remaining() })
	return remaining
}

// Owes reports whether a fault of the rule never happened. A stub owes nothing.
func (r *Rule) Owes() (owes bool) {
	r.world.locked(func() { owes = !r.spec.Stub && r.fired == 0 || len(r.spec.Queue) > 0 && r.remaining() > 0 })
	return owes
}

func (r *Rule) remaining() int {
	switch {
	case r.removed:
		return 0
	case len(r.spec.Queue) > 0:
		return len(r.spec.Queue) - r.fired
	case r.spec.Times > 0:
		return r.spec.Times - r.fired
	}
	return -1
}

// Remove takes the rule out of its namespace. What it has already hit goes
// on.
func (r *Rule) Remove() {
	r.world.locked(func() {
		if !r.removed {
			r.removed = true
			r.world.rules = slices.DeleteFunc(r.world.rules, func(other *Rule) bool { return other == r })
			r.world.countRules(-r.size)
		}
	})
}

// RuleView is a rule with what it has done so far, as JSON has it.
type RuleView struct {
	ID string `json:"id"`
	fault.Rule
	Fired     int `json:"fired"`
	Remaining int `json:"remaining"`
}

// View is the rule as others may see it: where it has a credential, to match
// or to respond with, it has "[redacted]".
func (r *Rule) View() (view RuleView) {
	r.world.locked(func() { view = RuleView{r.id, r.spec, r.fired, r.remaining()} })
	view.Match = redacted(view.Match, r.world.engine.secrets())
	view.Do, view.Queue = withoutSecrets(view.Do), withoutSecrets(view.Queue)
	return view
}

func withoutSecrets(faults []fault.Fault) []fault.Fault {
	shown := slices.Clone(faults)
	for i := range shown {
		shown[i] = shown[i].Redacted()
	}
	return shown
}

// Unfired returns, for people, the faults that never happened: one line each.
func (w *World) Unfired() (lines []string) {
	w.locked(func() {
		for _, r := range w.rules {
			lines = append(lines, r.unfired()...)
		}
	})
	return lines
}

func (r *Rule) unfired() (lines []string) {
	switch {
	case r.spec.Stub:
	case len(r.spec.Queue) > 0:
		for i, f := range r.spec.Queue[r.fired:] {
			lines = append(lines, fmt.Sprintf("rule %s on %s: fault %d of %d never fired: %s",
				r.id, r.spec.Op, r.fired+i+1, len(r.spec.Queue), f))
		}
	case r.fired == 0:
		lines = append(lines, fmt.Sprintf("rule %s on %s never fired (%d requests matched): %s",
			r.id, r.spec.Op, r.seen, jsontext.MustMarshal(withoutSecrets(r.spec.Do))))
	}
	return lines
}

// namesPath reports whether a match asks for a path, and so can be about one
// that no operation has.
func namesPath(m journal.Match) bool {
	return m.Path != "" || m.Prefix["path"] != "" || m.Contains["path"] != "" || m.Regexp["path"] != ""
}

// needsBody reports whether a match asks for a text in the body.
func needsBody(m journal.Match) bool {
	for _, wants := range []map[string]string{m.Prefix, m.Contains, m.Regexp} {
		for name := range wants {
			if name == "body" || strings.HasPrefix(name, "json ") {
				return true
			}
		}
	}
	return false
}
