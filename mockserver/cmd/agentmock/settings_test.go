package main

import (
	"bytes"
	"errors"
	"flag"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noVariables is an empty environment.
func noVariables(string) string { return "" }

// help is what -h prints.
func help(t *testing.T) string {
	t.Helper()
	var text bytes.Buffer
	if _, err := readSettings([]string{"-h"}, noVariables, &text); !errors.Is(err, errHelp) {
		t.Fatal(err)
	}
	return text.String()
}

// Every flag is in the help, in one group.
func TestHelpHasEveryFlagOnce(t *testing.T) {
	listed := make(map[string]int)
	for _, group := range helpGroups {
		for _, name := range group.flags {
			listed[name]++
		}
	}
	exists := make(map[string]int)
	new(settings).flags().VisitAll(func(f *flag.Flag) { exists[f.Name] = 1 })
	if diff := cmp.Diff(exists, listed); diff != "" {
		t.Errorf("flags in the help (-there are +listed):\n%s", diff)
	}
}

// The help begins with two examples that the program takes, and names exactly
// the variables that the program reads, each at its flag.
func TestHelpTellsTheTruth(t *testing.T) {
	text := help(t)
	examples := regexp.MustCompile(`(?m)^  agentmock(.*)$`).FindAllStringSubmatch(text, -1)
	if len(examples) != 2 || strings.Index(text, examples[1][0]) > strings.Index(text, helpGroups[0].title) {
		t.Fatalf("%d examples at the top of %s", len(examples), text)
	}
	for _, example := range examples {
		if _, err := readSettings(strings.Fields(example[1]), noVariables, nil); err != nil {
			t.Errorf("agentmock%s: %v", example[1], err)
		}
	}
	asked := make(map[string]bool)
	if _, err := readSettings(nil, func(name string) string { asked[name] = true; return "" }, nil); err != nil {
		t.Fatal(err)
	}
	told := make(map[string]bool)
	for _, match := range regexp.MustCompile(`(?m)^  -(\S+).*\n.*\[(AGENTMOCK_\w+)\]$`).FindAllStringSubmatch(text, -1) {
		told[match[2]] = true
		if match[2] != variable(match[1]) {
			t.Errorf("-%s is said to be %s", match[1], match[2])
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(asked)), slices.Sorted(maps.Keys(told))); diff != "" {
		t.Errorf("variables (-read +in the help):\n%s", diff)
	}
}

func TestUsualAddress(t *testing.T) {
	s, err := readSettings(nil, noVariables, nil)
	if err != nil || s.addr != "127.0.0.1:4141" {
		t.Errorf("%v %v", s, err)
	}
}

func TestTenantsFlag(t *testing.T) {
	s, err := readSettings([]string{"-tenants", " k1=acme, YWJj==beta ,k3=acme"}, noVariables, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"k1": "acme", "YWJj=": "beta", "k3": "acme"}, s.tenants); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// No error shows a credential, whatever is wrong with what surrounds it.
func TestErrorsShowNoCredential(t *testing.T) {
	const secret = "s3cret"
	for _, args := range [][]string{
		{"-tenants", secret},
		{"-tenants", secret + "="},
		{"-tenants", "=" + secret},
		{"-tenants", "k=a," + secret},
		{"-tenants", secret + "=a," + secret + "=b"},
		{"-tenants", "k=a,", secret + "=b"},
		{"-tenants", ""},
		{"-api-keys", secret + ",,"},
		{"-api-keys", "a,", secret},
		{"-api-keys", ""},
		{"-admin-token", "a", secret},
		{"-public-url", "http://user:" + secret + "@mock"},
		{"-public-url", "mock:" + secret},
		{"-admin-tokn=" + secret},
	} {
		for _, way := range []string{"flag", "variable"} {
			variables := make(map[string]string)
			if way == "variable" {
				if len(args) != 2 || args[1] == "" {
					continue
				}
				variables[variable(strings.TrimPrefix(args[0], "-"))] = args[1]
				args = nil
			}
			_, err := readSettings(args, func(name string) string { return variables[name] }, nil)
			if err == nil {
				t.Errorf("%v %v: no error", args, variables)
			} else if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v %v: %v", args, variables, err)
			}
		}
	}
}

// A clock stands between the years 1970 and 9999, also after its first step:
// no API could write another time.
func TestClockStaysWithinItsYears(t *testing.T) {
	tests := []struct {
		clock, step string
		says        string // "": nothing is wrong
	}{
		{"1970-01-01T00:00:00Z", "", ""},
		{"9999-12-31T23:59:59Z", "", ""},
		{"9999-12-31T23:59:58Z", "1s", ""},
		{"9999-12-31T23:59:59Z", "1s", "-clock-step moves the clock beyond the year 9999"},
		{"9800-01-01T00:00:00Z", "2562047h", "-clock-step moves the clock beyond the year 9999"},
		{"9999-12-31T23:59:59-01:00", "", "the years 1970 to 9999"},
		{"1970-01-01T00:00:00+01:00", "", "the years 1970 to 9999"},
		{"1969-12-31T23:59:59Z", "", "the years 1970 to 9999"},
		{"0001-01-01T00:00:00Z", "", "the years 1970 to 9999"},
		{"2026-01-01T00:00:00Z", "-1s", "-clock-step"},
	}
	for _, test := range tests {
		args := []string{"-clock", test.clock}
		if test.step != "" {
			args = append(args, "-clock-step", test.step)
		}
		s, err := readSettings(args, noVariables, nil)
		switch {
		case test.says == "" && err != nil:
			t.Errorf("%v: %v", args, err)
		case test.says == "":
			if want, _ := time.Parse(time.RFC3339, test.clock); !s.clock.Equal(want) {
				t.Errorf("%v: the clock stands at %s", args, s.clock)
			}
		case err == nil || !strings.Contains(err.Error(), test.says):
			t.Errorf("%v: got %v, want an error with %q", args, err, test.says)
		}
	}
}
