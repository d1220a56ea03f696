package mockserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
)

// AnyOp in a rule stands for every operation of every API.
const AnyOp Op = "*"

// RuleSpec says which requests a rule hits and what it does to them. Its JSON
// form is that of the HTTP interface.
type RuleSpec struct {
	// Op is the operation. AnyOp stands for all. Required.
	Op Op `json:"op"`
	// Match must hold for the request, too. What is only known once a request
	// was answered (status, outcome, committed) cannot be asked for here.
	Match Match `json:"match,omitzero"`
	// Skip is how many requests that match are served normally first.
	Skip int `json:"skip,omitempty"`
	// Times is how many requests the rule hits at most. 0: any number.
	Times int `json:"times,omitempty"`
	// Every hits, after the skipped ones, only one in so many requests that
	// match, beginning with the first. 0 and 1: each.
	Every int `json:"every,omitempty"`
	// Rate hits each request only with this probability, 0 to 1. 0: always.
	Rate float64 `json:"rate,omitempty"`
	// Seed decides, with Rate, which requests are hit: the same seed hits the
	// same ones in the order of their coming.
	Seed uint64 `json:"seed,omitempty"`
	// Stage is that of all faults of the rule that name none. Empty: the
	// usual stage of each.
	Stage Stage `json:"stage,omitempty"`
	// Do is what happens to a request that is hit: all of it.
	Do []Fault `json:"do,omitempty"`
	// Queue is what happens to one request after the other: the first that is
	// hit gets the first fault. The rule ends with the list. Give either Do
	// or Queue.
	Queue []Fault `json:"queue,omitempty"`
}

// ParseRule reads the JSON form of a RuleSpec. Its error names what is
// unknown and lists what there is.
func ParseRule(data []byte) (RuleSpec, error) {
	var spec RuleSpec
	if err := decodeStrict(data, &spec); err != nil {
		return RuleSpec{}, fmt.Errorf("mockserver: rule: %w", err)
	}
	return spec, nil
}

// Rule is a rule of a namespace. It is safe for concurrent use.
type Rule struct {
	namespace *Namespace
	id        string
	spec      RuleSpec
	matcher   matcher
	plans     [][]Fault // single faults with their stages: one list, or one per request

	// Guarded by the lock of the namespace.
	seen    int // requests that matched
	fired   int // requests that were hit
	random  *rand.Rand
	removed bool
}

// maxRules is how many rules a namespace can have.
const maxRules = 10_000

// AddRule adds a rule after those that there are. A request is hit by the
// first rule that wants it. The error says in one line what is wrong with the
// rule and what is allowed; also that there are 10,000 rules already.
func (n *Namespace) AddRule(spec RuleSpec) (*Rule, error) {
	r, err := n.newRule(spec)
	if err != nil {
		return nil, fmt.Errorf("mockserver: rule: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.rules) >= maxRules {
		return nil, fmt.Errorf("mockserver: rule: there are %d already; remove some, or reset the rules", len(n.rules))
	}
	n.insert(len(n.rules), r)
	return r, nil
}

// ReplaceRules takes rules out of the namespace and puts others in their
// place: where the first of them stood or, if none is there any more, after
// all. No request comes in between. The error says which rule is wrong, what
// is wrong with it and what is allowed; also that there would be more than
// 10,000 rules. Then nothing was changed.
func (n *Namespace) ReplaceRules(old []*Rule, specs ...RuleSpec) ([]*Rule, error) {
	added := make([]*Rule, len(specs))
	for i, spec := range specs {
		var err error
		if added[i], err = n.newRule(spec); err != nil {
			return nil, fmt.Errorf("mockserver: rule %d: %w", i+1, err)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	replaced := make(map[*Rule]bool, len(old))
	for _, r := range old {
		replaced[r] = true
	}
	isOld := func(r *Rule) bool { return replaced[r] }
	at := slices.IndexFunc(n.rules, isOld)
	kept := slices.DeleteFunc(slices.Clone(n.rules), isOld)
	if len(kept)+len(added) > maxRules {
		return nil, fmt.Errorf("mockserver: rules: there would be %d; %d are allowed", len(kept)+len(added), maxRules)
	}
	if at < 0 {
		at = len(kept)
	}
	for _, r := range n.rules {
		r.removed = replaced[r]
	}
	n.rules = kept
	n.insert(at, added...)
	return added, nil
}

// newRule makes a rule that is not among those of the namespace yet.
func (n *Namespace) newRule(spec RuleSpec) (*Rule, error) {
	r := &Rule{namespace: n, spec: spec}
	return r, r.compile()
}

// insert names rules and puts them among the others. The caller holds the
// lock.
func (n *Namespace) insert(at int, added ...*Rule) {
	for _, r := range added {
		n.ruleIDs++
		r.id = "r" + strconv.Itoa(n.ruleIDs)
	}
	n.rules = slices.Insert(n.rules, at, added...)
}

func (r *Rule) compile() error {
	spec := &r.spec
	s := r.namespace.server
	switch {
	case spec.Op == "":
		return errors.New("op is missing; there are " + quoted(s.Ops()))
	case spec.Op != AnyOp && !slices.Contains(s.Ops(), spec.Op):
		return fmt.Errorf("unknown op %q; there are %s, and %q for all", spec.Op, quoted(s.Ops()), AnyOp)
	case spec.Skip < 0:
		return fmt.Errorf("skip is %d; it must not be negative", spec.Skip)
	case spec.Times < 0:
		return fmt.Errorf("times is %d; it must not be negative", spec.Times)
	case spec.Every < 0:
		return fmt.Errorf("every is %d; it must not be negative", spec.Every)
	case !(spec.Rate >= 0 && spec.Rate <= 1):
		return fmt.Errorf("rate is %v; allowed is 0 to 1", spec.Rate)
	case spec.Stage != "" && !slices.Contains(Stages(), spec.Stage):
		return fmt.Errorf("unknown stage %q; there are %s", spec.Stage, quoted(Stages()))
	case len(spec.Do) == 0 && len(spec.Queue) == 0:
		return errors.New("do is missing: it lists the faults that happen")
	case len(spec.Do) > 0 && len(spec.Queue) > 0:
		return errors.New("do and queue are both given; only one can be")
	case len(spec.Queue) > 0 && spec.Times > 0:
		return errors.New("times is given with queue, which ends by itself")
	}
	for _, f := range append(spec.Do, spec.Queue...) {
		if err := f.validate(); err != nil {
			return err
		}
	}
	if len(spec.Do) > 0 {
		r.plans = [][]Fault{flatten(nil, spec.Stage, spec.Do)}
	}
	for _, f := range spec.Queue {
		r.plans = append(r.plans, flatten(nil, spec.Stage, []Fault{f}))
	}
	early := false
	for _, plan := range r.plans {
		if err := checkPlan(plan); err != nil {
			return err
		}
		early = early || isEarly(plan)
	}
	match := spec.Match
	switch {
	case match.Status != 0 || match.Outcome != "" || match.Committed != nil || match.Rule != "" || match.Matched != nil:
		return errors.New("match: status, outcome, committed, rule and matched are not known before the answer")
	case early && (match.JSON != nil || match.Retried != nil):
		return fmt.Errorf("match: json and retried are not known at stage %q", BeforeRead)
	}
	if spec.Op != AnyOp {
		match = match.and(OpIs(spec.Op))
	}
	var err error
	if r.matcher, err = s.compile([]Match{match}); err != nil {
		return fmt.Errorf("match: %w", err)
	}
	if spec.Rate > 0 {
		r.random = rand.New(rand.NewPCG(spec.Seed, 0))
	}
	return nil
}

// isEarly reports whether a plan begins before the request was read.
func isEarly(plan []Fault) bool { return plan[0].stage == BeforeRead }

// next is what the next request that is hit gets; nil: the rule is used up.
// The caller holds the lock.
func (r *Rule) next() []Fault {
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
// the request was read and once after. The caller holds the lock.
func (r *Rule) claim(x *exchange, early bool) bool {
	plan := r.next()
	if plan == nil || isEarly(plan) != early || !r.matcher.holds(x.entry, x) {
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
	x.stop = r.namespace.stopped()
	x.entry.rule, x.entry.faults = r.id, plan
	return true
}

// claim finds the rule that the request is hit by. The caller holds the lock.
func (n *Namespace) claim(x *exchange, early bool) {
	if x.op == nil || x.plan != nil {
		return
	}
	for _, r := range n.rules {
		if r.claim(x, early) {
			return
		}
	}
}

// Rules returns the rules of the namespace in the order in which they are
// asked, those that are used up included.
func (n *Namespace) Rules() []*Rule {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.rules)
}

// Fail makes the next requests of an operation fail: the first one gets the
// first fault, and so on; afterwards the operation works normally. It panics,
// or fails the test of Start, if the operation or a fault is not valid.
func (n *Namespace) Fail(op Op, faults ...Fault) *Rule {
	r, err := n.AddRule(RuleSpec{Op: op, Queue: faults})
	n.server.must(err)
	return r
}

// When begins a rule for the requests of an operation that match. Nothing
// happens before Do.
func (n *Namespace) When(op Op, matches ...Match) *RuleBuilder {
	b := &RuleBuilder{namespace: n, spec: RuleSpec{Op: op}}
	for _, m := range matches {
		b.spec.Match = b.spec.Match.and(m)
	}
	return b
}

// RuleBuilder puts a rule together; RuleSpec says what its parts mean.
type RuleBuilder struct {
	namespace *Namespace
	spec      RuleSpec
}

// Skip serves the first n requests that match normally.
func (b *RuleBuilder) Skip(n int) *RuleBuilder { b.spec.Skip = n; return b }

// Times ends the rule after n requests. Without it the rule never ends.
func (b *RuleBuilder) Times(n int) *RuleBuilder { b.spec.Times = n; return b }

// Every hits each n-th request that matches, beginning with the first.
func (b *RuleBuilder) Every(n int) *RuleBuilder { b.spec.Every = n; return b }

// Rate hits each request with a probability, 0 to 1. The same seed hits the
// same requests in the order of their coming.
func (b *RuleBuilder) Rate(probability float64, seed uint64) *RuleBuilder {
	b.spec.Rate, b.spec.Seed = probability, seed
	return b
}

// At sets the stage of the faults that name none.
func (b *RuleBuilder) At(stage Stage) *RuleBuilder { b.spec.Stage = stage; return b }

// Do adds the rule: all of the faults happen to each request that is hit. It
// panics, or fails the test of Start, if the rule is not valid.
func (b *RuleBuilder) Do(faults ...Fault) *Rule {
	b.spec.Do = faults
	r, err := b.namespace.AddRule(b.spec)
	b.namespace.server.must(err)
	return r
}

// ID names the rule within its namespace.
func (r *Rule) ID() string { return r.id }

// Spec is what the rule was made of.
func (r *Rule) Spec() RuleSpec { return r.spec }

// Fired is how many requests the rule has hit.
func (r *Rule) Fired() int {
	r.namespace.mu.Lock()
	defer r.namespace.mu.Unlock()
	return r.fired
}

// Remaining is how many requests the rule will still hit; -1: any number.
func (r *Rule) Remaining() int {
	r.namespace.mu.Lock()
	defer r.namespace.mu.Unlock()
	return r.remaining()
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
	r.namespace.mu.Lock()
	defer r.namespace.mu.Unlock()
	r.removed = true
	r.namespace.rules = slices.DeleteFunc(r.namespace.rules, func(other *Rule) bool { return other == r })
}

// MarshalJSON writes the rule with its id and with what it has done so far.
// Where it has a credential, to match or to answer with, it has "[redacted]".
func (r *Rule) MarshalJSON() ([]byte, error) {
	r.namespace.mu.Lock()
	defer r.namespace.mu.Unlock()
	shown := r.spec
	shown.Match = shown.Match.withoutSecrets()
	shown.Do, shown.Queue = eachWithoutSecrets(shown.Do), eachWithoutSecrets(shown.Queue)
	return marshal(struct {
		ID string `json:"id"`
		RuleSpec
		Fired     int `json:"fired"`
		Remaining int `json:"remaining"`
	}{r.id, shown, r.fired, r.remaining()})
}

// Unfired returns, for people, the faults that never happened: one line each.
func (n *Namespace) Unfired() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var lines []string
	for _, r := range n.rules {
		switch {
		case len(r.spec.Queue) > 0:
			for i, f := range r.spec.Queue[r.fired:] {
				lines = append(lines, fmt.Sprintf("rule %s on %s: fault %d of %d never fired: %s",
					r.id, r.spec.Op, r.fired+i+1, len(r.spec.Queue), f.withoutSecrets()))
			}
		case r.fired == 0:
			lines = append(lines, fmt.Sprintf("rule %s on %s never fired (%d requests matched): %s",
				r.id, r.spec.Op, r.seen, mustMarshal(eachWithoutSecrets(r.spec.Do))))
		}
	}
	return lines
}
