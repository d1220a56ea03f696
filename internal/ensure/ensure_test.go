package ensure

import (
	"errors"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
)

type thing struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
}

var (
	errTaken   = &agentclients.Error{StatusCode: 409}
	errDoubt   = &agentclients.Error{StatusCode: 409, OutcomeUnknown: true}
	errMissing = &agentclients.Error{StatusCode: 404}
	errBroken  = &agentclients.Error{StatusCode: 500}
)

func TestKeyed(t *testing.T) {
	there, made, changed := &thing{Name: "there"}, &thing{Name: "made"}, &thing{Name: "changed"}
	for name, test := range map[string]struct {
		reads, creates, changes []any // each a *thing or an error
		want                    *thing
		change                  agentclients.Change
		err                     error
	}{
		"none":                       {[]any{errMissing}, []any{made}, nil, made, agentclients.Created, nil},
		"one":                        {[]any{there}, nil, []any{changed}, changed, agentclients.Updated, nil},
		"appears meanwhile":          {[]any{errMissing, there}, []any{errTaken}, []any{changed}, changed, agentclients.Updated, nil},
		"may have been made":         {[]any{errMissing}, []any{errDoubt}, nil, nil, "", errDoubt},
		"is gone meanwhile":          {[]any{there, errMissing}, []any{made}, []any{errMissing}, made, agentclients.Created, nil},
		"cannot be read":             {[]any{errBroken}, nil, nil, nil, "", errBroken},
		"cannot be made":             {[]any{errMissing}, []any{errBroken}, nil, nil, "", errBroken},
		"cannot be changed":          {[]any{there}, nil, []any{errBroken}, nil, "", errBroken},
		"is there and is not, often": {[]any{errMissing, errMissing, errMissing}, []any{errTaken, errTaken, errTaken}, nil, nil, "", errTaken},
	} {
		t.Run(name, func(t *testing.T) {
			next := func(list *[]any) (*thing, error) {
				if len(*list) == 0 {
					t.Fatal("one request too many")
				}
				first := (*list)[0]
				*list = (*list)[1:]
				if err, failed := first.(error); failed {
					return nil, err
				}
				return first.(*thing), nil
			}
			got, change, err := Keyed[thing]{
				Read:   func() (*thing, error) { return IfThere(next(&test.reads)) },
				Create: func() (*thing, error) { return next(&test.creates) },
				Change: func(before *thing) (*thing, agentclients.Change, error) {
					after, err := next(&test.changes)
					return Updated(before, after, err)
				},
			}.Ensure()
			if got != test.want || change != test.change || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("got %v, %q, %v", got, change, err)
			}
			if len(test.reads)+len(test.creates)+len(test.changes) > 0 {
				t.Errorf("not asked for: %v, %v, %v", test.reads, test.creates, test.changes)
			}
		})
	}
}

func TestNamed(t *testing.T) {
	for name, test := range map[string]struct {
		found  []thing
		err    error
		want   string
		change agentclients.Change
		kind   error
	}{
		"none":     {nil, nil, "made", agentclients.Created, nil},
		"one":      {[]thing{{Name: "a"}}, nil, "a", agentclients.Unchanged, nil},
		"two":      {[]thing{{Name: "a"}, {Name: "a"}}, nil, "", "", agentclients.ErrConflict},
		"no list":  {nil, errBroken, "", "", agentclients.ErrServer},
		"no right": {nil, errMissing, "", "", agentclients.ErrNotFound},
	} {
		got, change, err := Named[thing]{
			Provider: "test",
			Find:     func() ([]thing, error) { return test.found, test.err },
			Create:   func() (*thing, error) { return &thing{Name: "made"}, nil },
			Change:   func(found *thing) (*thing, agentclients.Change, error) { return found, agentclients.Unchanged, nil },
		}.Ensure()
		if change != test.change || !errors.Is(err, test.kind) || (err == nil) != (test.kind == nil) || (got != nil) != (err == nil) || got != nil && got.Name != test.want {
			t.Errorf("%s: got %v, %q, %v", name, got, change, err)
		}
	}
}

// What is gone, or has another name, when it is to be changed is looked for
// again.
func TestNamedLooksAgain(t *testing.T) {
	for name, test := range map[string]struct {
		found   int // how often a look finds it
		changes int
		change  agentclients.Change
		err     error
	}{
		"it is gone":             {1, 1, agentclients.Created, nil},
		"it is listed for long":  {9, 3, "", agentclients.ErrNotFound},
		"it is gone from a list": {0, 0, agentclients.Created, nil},
	} {
		finds, changes := 0, 0
		_, change, err := Named[thing]{
			Provider: "test",
			Find: func() ([]thing, error) {
				if finds++; finds > test.found {
					return nil, nil
				}
				return []thing{{Name: "a"}}, nil
			},
			Create: func() (*thing, error) { return &thing{Name: "made"}, nil },
			Change: func(*thing) (*thing, agentclients.Change, error) { changes++; return nil, "", Renamed("test") },
		}.Ensure()
		if change != test.change || changes != test.changes || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("%s: %q, %v after %d changes", name, change, err, changes)
		}
	}
}

// Where names are unique, somebody else may have made it meanwhile.
func TestNamedOfAServerWithUniqueNames(t *testing.T) {
	for name, test := range map[string]struct {
		shown   int // the look that shows it
		err     error
		change  agentclients.Change
		creates int
		want    error
	}{
		"it is there then":  {2, errTaken, agentclients.Unchanged, 1, nil},
		"it is never shown": {9, errTaken, "", 3, agentclients.ErrConflict},
		"it may be made":    {9, errDoubt, "", 1, agentclients.ErrOutcomeUnknown},
		"it cannot be made": {9, errBroken, "", 1, agentclients.ErrServer},
	} {
		finds, creates := 0, 0
		_, change, err := Named[thing]{
			Provider: "test",
			Find: func() ([]thing, error) {
				if finds++; finds < test.shown {
					return nil, nil
				}
				return []thing{{Name: "a"}}, nil
			},
			Create: func() (*thing, error) { creates++; return nil, test.err },
			Change: func(found *thing) (*thing, agentclients.Change, error) { return found, agentclients.Unchanged, nil },
		}.Ensure()
		if change != test.change || creates != test.creates || !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: %q, %v after %d creates", name, change, err, creates)
		}
	}
}

// A name that would not be found again is refused: there would be one more
// thing each time.
func TestCheckName(t *testing.T) {
	for _, name := range []string{" n", "n ", "n\n", "\u00a0n"} {
		if err := CheckName("test", name, nil); !errors.Is(err, agentclients.ErrInvalidRequest) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := CheckName("test", "n", map[string]any{"name": "m"}); !errors.Is(err, agentclients.ErrInvalidRequest) {
		t.Errorf("an extra field: %v", err)
	}
	if err := CheckName("test", "n m", map[string]any{"other": 1}); err != nil {
		t.Error(err)
	}
}

func TestUpdated(t *testing.T) {
	before := &thing{"a", 1}
	if _, change, _ := Updated(before, &thing{"a", 2}, nil, "version"); change != agentclients.Unchanged {
		t.Errorf("a version that changes by itself makes it %q", change)
	}
	if _, change, _ := Updated(before, &thing{"b", 2}, nil, "version"); change != agentclients.Updated {
		t.Errorf("another name makes it %q", change)
	}
	if got, change, err := Updated(before, nil, errBroken); got != nil || change != "" || err != error(errBroken) {
		t.Errorf("got %v, %q, %v", got, change, err)
	}
}
