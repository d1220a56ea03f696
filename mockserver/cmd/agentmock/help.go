package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
)

const helpHead = `agentmock emulates five APIs that create AI agents, on a local port.

  agentmock
    	all of them, on ` + defaultAddress + `
  agentmock -apis orq -state orq.json -verbose
    	one of them, with its agents kept in a file and every request logged
`

// helpGroups is in which order, and under which titles, the help lists the
// flags.
var helpGroups = []struct {
	title string
	flags []string
}{
	{"Where it serves", []string{"addr", "admin-addr", "public-url", "mount-root", "port-file"}},
	{"HTTPS", []string{"tls", "ca-out", "cert", "key"}},
	{"What it emulates", []string{"apis", "variants", "strict", "rate-limits", "rate", "deterministic", "clock", "clock-step"}},
	{"Who may use it", []string{"api-keys", "tenants", "allow-origins", "admin-token"}},
	{"The real APIs", []string{"compare", "compare-keep"}},
	{"Files that it reads and writes", []string{"state", "seed", "rules"}},
	{"What it remembers at most", []string{"journal", "no-journal", "journal-bytes", "ns-max", "ns-ttl"}},
	{"Its log and its end", []string{"log", "verbose", "exit-on-stdin-close", "max-run"}},
	{"Instead of serving", actions},
}

// describe prints every flag, with its environment variable if it has one.
func describe(flags *flag.FlagSet, to io.Writer) {
	fmt.Fprint(to, helpHead)
	for _, group := range helpGroups {
		fmt.Fprintf(to, "\n%s:\n", group.title)
		for _, name := range group.flags {
			f := flags.Lookup(name)
			placeholder, usage := flag.UnquoteUsage(f)
			if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
				placeholder = ""
			} else {
				placeholder = " " + placeholder
			}
			fmt.Fprintf(to, "  -%s%s\n    \t%s", name, placeholder, usage)
			if !slices.Contains(actions, name) {
				fmt.Fprintf(to, " [%s]", variable(name))
			}
			fmt.Fprintln(to)
		}
	}
}
