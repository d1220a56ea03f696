package shape_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver/internal/shape"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

func shapeOf(t testing.TB, text string) *shape.Shape {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return shape.Of(value)
}

func TestCompareNamesWhatDiffers(t *testing.T) {
	for name, c := range map[string]struct {
		real, mock string
		want       []journal.Difference
	}{
		"same":   {`{"a":[1,{"b":"x"}],"c":null}`, `{"c":null,"a":[2,{"b":"y"}]}`, nil},
		"values": {`{"status":"unheard_of"}`, `{"status":"live"}`, nil},
		"missing": {`{"a":{"b":1,"c/d~":true}}`, `{"a":{"b":1}}`,
			[]journal.Difference{{Kind: journal.MemberMissing, Pointer: "/a/c~1d~0", Real: "boolean"}}},
		"extra": {`{}`, `{"a":[]}`, []journal.Difference{{Kind: journal.MemberExtra, Pointer: "/a", Mock: "array"}}},
		"type":  {`{"a":"1"}`, `{"a":1}`, []journal.Difference{{Kind: journal.TypeDiffers, Pointer: "/a", Real: "string", Mock: "number"}}},
		"null":  {`{"a":null}`, `{"a":{"b":1}}`, []journal.Difference{{Kind: journal.NullDiffers, Pointer: "/a", Real: "null", Mock: "object"}}},
		"digits": {`{"at":"2026-01-02T03:04:05.123456Z"}`, `{"at":"2026-01-02T03:04:05.123Z"}`,
			[]journal.Difference{{Kind: journal.TimeDiffers, Pointer: "/at", Real: "6 digits, Z", Mock: "3 digits, Z"}}},
		"zeros left out": {`["2026-01-02T03:04:05.123456Z"]`, `["2026-01-02T03:04:05.12345Z"]`, nil},
		"members with ids": {`{"m":{"01M8DV928HT9SCS2DRR3WK8M81":{"a":1}}}`, `{"m":{"01M8DV928HBBZKPYF8M5CWKFAQ":{"a":true}}}`,
			[]journal.Difference{{Kind: journal.TypeDiffers, Pointer: "/m/*/a", Real: "number", Mock: "boolean"}}},
		"zone": {`"2026-01-02T03:04:05+00:00"`, `"2026-01-02T03:04:05"`,
			[]journal.Difference{{Kind: journal.TimeDiffers, Real: "0 digits, offset", Mock: "0 digits, no zone"}}},
		"time and text": {`"2026-01-02T03:04:05Z"`, `"soon"`, []journal.Difference{{Kind: journal.TypeDiffers, Real: "time", Mock: "string"}}},
		"items together": {`[{"a":1},{"b":"x","c":1}]`, `[{"a":2,"b":"y"}]`,
			[]journal.Difference{{Kind: journal.MemberMissing, Pointer: "/*/c", Real: "number"}}},
		"several types":   {`[1,"a"]`, `["b"]`, nil},
		"an empty array":  {`{"data":[{"a":1}]}`, `{"data":[]}`, nil},
		"array and other": {`{"data":[]}`, `{"data":{}}`, []journal.Difference{{Kind: journal.TypeDiffers, Pointer: "/data", Real: "array", Mock: "object"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, shape.Compare(shapeOf(t, c.real), shapeOf(t, c.mock))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompareIsBounded(t *testing.T) {
	wide := make(map[string]any)
	for i := range 10_000 {
		wide[fmt.Sprint(strings.Repeat("n", 1000), i)] = i
	}
	found := shape.Compare(shape.Of(wide), shape.Of(map[string]any{}))
	if len(found) != 100 {
		t.Errorf("%d differences, want 100", len(found))
	}
	for _, d := range found {
		if len(d.Pointer) > 310 {
			t.Fatalf("a pointer of %d bytes", len(d.Pointer))
		}
	}
	deep := strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000)
	other := strings.Repeat(`{"a":`, 9000) + "true" + strings.Repeat("}", 9000)
	if found := shape.Compare(shapeOf(t, deep), shapeOf(t, other)); found != nil {
		t.Errorf("what is too deep was compared: %v", found)
	}
}

// FuzzCompare: a document never differs from itself, and what is missing on
// one side is extra on the other.
func FuzzCompare(f *testing.F) {
	f.Add(`{"a":[{"id":"x","at":"2026-01-02T03:04:05.1Z"}]}`, `{"a":[{"id":1}],"b":null}`)
	f.Add(`[[],{},null,true,1e9,"\u0000"]`, `[[1],{"":{}}]`)
	f.Fuzz(func(t *testing.T, one, other string) {
		var a, b any
		if json.Unmarshal([]byte(one), &a) != nil || json.Unmarshal([]byte(other), &b) != nil {
			t.Skip()
		}
		if found := shape.Compare(shape.Of(a), shape.Of(a)); len(found) > 0 {
			t.Errorf("%s differs from itself: %v", one, found)
		}
		there, back := shape.Compare(shape.Of(a), shape.Of(b)), shape.Compare(shape.Of(b), shape.Of(a))
		for i := range back {
			d := &back[i]
			d.Real, d.Mock = d.Mock, d.Real
			switch d.Kind {
			case journal.MemberMissing:
				d.Kind = journal.MemberExtra
			case journal.MemberExtra:
				d.Kind = journal.MemberMissing
			}
		}
		if !slices.Equal(there, back) {
			t.Errorf("there %v, back %v", there, back)
		}
	})
}
