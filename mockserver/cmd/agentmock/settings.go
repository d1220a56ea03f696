package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
)

// settings is what the flags and the environment say.
type settings struct {
	addr      string
	adminAddr string
	publicURL string
	portFile  string
	mountRoot string

	tls               bool
	certFile, keyFile string
	caOut             string

	apis, variants, apiKeys []string
	adminToken              string
	strict                  string
	rateLimits              bool
	rate                    mockserver.RateLimit
	deterministic           bool
	clock                   time.Time
	clockStep               time.Duration

	seedFiles []string
	rulesFile string
	stateFile string

	journal      int
	noJournal    bool
	journalBytes int64
	maxSpaces    int
	spaceTTL     time.Duration

	log              string
	verbose          bool
	exitOnStdinClose bool
	maxRun           time.Duration

	// What to do instead of serving.
	version      bool
	printOpenAPI bool
	healthcheck  bool
	healthURL    string
}

// defaultAddress is where it serves if nobody says otherwise: a port that
// clients can be configured with once.
const defaultAddress = "127.0.0.1:4141"

// actions are the flags that make the program do something else than serve.
// They have no environment variable.
var actions = []string{"version", "print-openapi", "healthcheck"}

// variable names the environment variable of a flag. Variables that belong to
// no flag are ignored: container platforms set some of their own, such as
// AGENTMOCK_PORT for a service called agentmock.
func variable(flag string) string {
	return "AGENTMOCK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// errHelp is returned for -help, after the flags have been described.
var errHelp = errors.New("help was asked for")

// readSettings reads the flags, and the environment for those that are not
// given. Its error is one line that names what is wrong and what is allowed.
func readSettings(args []string, getenv func(string) string, help io.Writer) (*settings, error) {
	s := new(settings)
	flags := s.flags()
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		describe(flags, help)
		return nil, errHelp
	case err != nil && strings.HasPrefix(err.Error(), "flag provided but not defined"):
		return nil, fmt.Errorf("unknown flag %s; -help lists those that exist", strings.TrimPrefix(err.Error(), "flag provided but not defined: "))
	case err != nil:
		return nil, err
	}
	given := make(map[string]bool)
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var err error
	flags.VisitAll(func(f *flag.Flag) {
		value := getenv(variable(f.Name))
		if err != nil || given[f.Name] || value == "" || slices.Contains(actions, f.Name) {
			return
		}
		if problem := f.Value.Set(value); problem != nil {
			err = fmt.Errorf("invalid value %q for %s: %w", value, variable(f.Name), problem)
		}
	})
	if err != nil {
		return nil, err
	}
	rest := flags.Args()
	if s.healthcheck && len(rest) > 0 {
		s.healthURL, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("unexpected argument %q: only flags are allowed", rest[0])
	}
	return s, s.check()
}

// check finds what is wrong between flags.
func (s *settings) check() error {
	for i, key := range s.apiKeys {
		if s.apiKeys[i] = strings.TrimSpace(key); s.apiKeys[i] == "" {
			return errors.New("-api-keys must be credentials separated by commas, none of them empty")
		}
	}
	switch {
	case s.tls && s.certFile != "":
		return errors.New("-tls makes a certificate up, -cert brings one: give only one of them")
	case (s.certFile == "") != (s.keyFile == ""):
		return errors.New("-cert and -key must be given together")
	case s.caOut != "" && !s.tls:
		return errors.New("-ca-out writes the certificate that -tls makes up: give -tls, too")
	case s.clockStep != 0 && s.clock.IsZero():
		return errors.New("-clock-step moves a clock that -clock sets: give -clock, too")
	case s.mountRoot != "" && len(s.apis) > 0 && !slices.Contains(s.apis, s.mountRoot):
		return fmt.Errorf("-mount-root %s is not one of the -apis %s", s.mountRoot, strings.Join(s.apis, ","))
	}
	return nil
}

// guarded is the address that the admin API is served on.
func (s *settings) guarded() string {
	if s.adminAddr != "" {
		return s.adminAddr
	}
	return s.addr
}

// encrypted reports whether the server speaks TLS.
func (s *settings) encrypted() bool { return s.tls || s.certFile != "" }

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("agentmock", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	apis := mockserver.APIs()

	s.addr = defaultAddress
	address(flags, &s.addr, "addr", "`host:port` to listen on; port 0 takes a free one (default 127.0.0.1:4141)")
	address(flags, &s.adminAddr, "admin-addr", "`host:port` to serve /_mock/ on, and only there (default -addr)")
	flags.Func("public-url", "`URL` under which clients reach the server; for the base URLs that it reports", func(value string) error {
		u, err := url.Parse(value)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return errors.New("must be an http or https URL with a host and no user, query or fragment")
		}
		s.publicURL = strings.TrimRight(value, "/")
		return nil
	})
	flags.StringVar(&s.portFile, "port-file", "", "`file` to write the port into when serving")
	choice(flags, &s.mountRoot, "mount-root", "`API` to serve at / as well, for clients that cannot take a path in their base URL", apis)

	toggle(flags, &s.tls, "tls", "speak HTTPS with a certificate made up at start")
	flags.StringVar(&s.caOut, "ca-out", "", "`file` to write the made-up CA certificate into, as PEM")
	flags.StringVar(&s.certFile, "cert", "", "PEM `file` with a certificate to speak HTTPS with")
	flags.StringVar(&s.keyFile, "key", "", "PEM `file` with the key of -cert")

	list(flags, &s.apis, "apis", "`APIs` to emulate, separated by commas (default all)", apis)
	list(flags, &s.variants, "variants", "`variants` to switch on, separated by commas, such as phoneagents@upstream", nil)
	flags.Func("api-keys", "`credentials` to accept, separated by commas, in namespaces that have no keys of their own (default any)", func(value string) error {
		s.apiKeys = strings.Split(value, ",")
		return nil // what is wrong is found later: an error here would show the credentials
	})
	flags.StringVar(&s.adminToken, "admin-token", "", "`token` that calls under /_mock/ must bring; made up and printed in the ready line if -addr is not a loopback address")
	s.strict = "as-api"
	choice(flags, &s.strict, "strict", "`what` to do about requests that the API takes but should not get: as-api, report or reject; namespaces can have their own (default as-api)", []string{"as-api", "report", "reject"})
	toggle(flags, &s.rateLimits, "rate-limits", "enforce the rate limits of the real APIs")
	flags.Func("rate", "`limit` for every API instead of its own, such as 100/1m", func(value string) error {
		requests, per, _ := strings.Cut(value, "/")
		number, err := strconv.Atoi(requests)
		span, bad := time.ParseDuration(per)
		if err != nil || bad != nil || number < 1 || span <= 0 {
			return errors.New("must be requests per duration, such as 100/1m")
		}
		s.rate = mockserver.RateLimit{Requests: number, Per: span}
		return nil
	})
	toggle(flags, &s.deterministic, "deterministic", "count ids instead of drawing them")
	flags.Func("clock", "`time` at which the clocks start and stand still, such as 2026-01-01T00:00:00Z (default the real clock)", func(value string) error {
		at, err := time.Parse(time.RFC3339Nano, value)
		if err != nil {
			return errors.New("must be a time such as 2026-01-01T00:00:00Z")
		}
		s.clock = at
		return nil
	})
	duration(flags, &s.clockStep, "clock-step", "`duration` by which every request moves a clock that -clock set", 0)

	flags.Func("seed", "JSON `file` with the state to start from and to reset to; may be repeated. SIGHUP reads it again: resets go back to what it says then, and what exists stays until its reset", func(value string) error {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.TrimSpace(name); name == "" {
				return errors.New("must be the name of a file")
			}
			s.seedFiles = append(s.seedFiles, name)
		}
		return nil
	})
	flags.StringVar(&s.rulesFile, "rules", "", "JSON `file` with an array of fault rules for the default namespace. SIGHUP reads it again and replaces the rules that came from it")
	flags.StringVar(&s.stateFile, "state", "", "JSON `file` to load the state of the default namespace from, and to keep it in; secrets of records are written as \"[redacted]\", and are that when it is loaded")

	s.journal, s.journalBytes = 1000, 16<<20
	whole(flags, &s.journal, "journal", "`number` of requests that the journal of a namespace remembers; 0 turns it off (default 1000)", 0, 1_000_000)
	toggle(flags, &s.noJournal, "no-journal", "keep no journal, as -journal 0")
	size(flags, &s.journalBytes, "journal-bytes", "`size` of the journal of a namespace (default 16MiB)")
	s.maxSpaces, s.spaceTTL = 1000, 30*time.Minute
	whole(flags, &s.maxSpaces, "ns-max", "`number` of namespaces that there can be at once (default 1000)", 1, 1_000_000)
	duration(flags, &s.spaceTTL, "ns-ttl", "`duration` after which an idle namespace is dropped that has no ttl of its own (default 30m)", time.Second)

	s.log = "text"
	choice(flags, &s.log, "log", "`format` of the log on standard error: text, json or off (default text)", []string{"text", "json", "off"})
	toggle(flags, &s.verbose, "verbose", "log every request")
	toggle(flags, &s.exitOnStdinClose, "exit-on-stdin-close", "end when standard input is closed, so that nothing is left when the parent dies")
	duration(flags, &s.maxRun, "max-run", "`duration` after which to end in any case", time.Millisecond)

	toggle(flags, &s.version, "version", "print the version and end")
	toggle(flags, &s.printOpenAPI, "print-openapi", "print the OpenAPI document of the admin API and end")
	toggle(flags, &s.healthcheck, "healthcheck", "ask the server at -addr, or at the URL that follows, whether it serves, and end with 0 or 1")
	return flags
}

// describe prints every flag with its environment variable.
func describe(flags *flag.FlagSet, to io.Writer) {
	fmt.Fprintln(to, "agentmock serves the emulated APIs on a local port.\n\nFlags:")
	flags.VisitAll(func(f *flag.Flag) {
		placeholder, usage := flag.UnquoteUsage(f)
		if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			placeholder = ""
		} else {
			placeholder = " " + placeholder
		}
		fmt.Fprintf(to, "  -%s%s\n    \t%s", f.Name, placeholder, usage)
		if !slices.Contains(actions, f.Name) {
			fmt.Fprintf(to, " [%s]", variable(f.Name))
		}
		fmt.Fprintln(to)
	})
}

func address(flags *flag.FlagSet, into *string, name, usage string) {
	flags.Func(name, usage, func(value string) error {
		_, port, err := net.SplitHostPort(value)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
			return errors.New("must be host:port with a port from 0 to 65535, such as 127.0.0.1:4141")
		}
		*into = value
		return nil
	})
}

func toggle(flags *flag.FlagSet, into *bool, name, usage string) {
	flags.BoolFunc(name, usage, func(value string) error {
		on, err := strconv.ParseBool(value)
		if err != nil {
			return errors.New("must be true or false")
		}
		*into = on
		return nil
	})
}

func choice(flags *flag.FlagSet, into *string, name, usage string, allowed []string) {
	flags.Func(name, usage, func(value string) error {
		if !slices.Contains(allowed, value) {
			return fmt.Errorf("must be one of %s", strings.Join(allowed, ", "))
		}
		*into = value
		return nil
	})
}

// list reads values separated by commas. Nil allows any value.
func list(flags *flag.FlagSet, into *[]string, name, usage string, allowed []string) {
	flags.Func(name, usage, func(value string) error {
		var values []string
		for item := range strings.SplitSeq(value, ",") {
			item = strings.TrimSpace(item)
			if item == "" {
				return errors.New("must be values separated by commas, none of them empty")
			}
			if allowed != nil && !slices.Contains(allowed, item) {
				return fmt.Errorf("%q is unknown; must be some of %s", item, strings.Join(allowed, ","))
			}
			values = append(values, item)
		}
		*into = values
		return nil
	})
}

func whole(flags *flag.FlagSet, into *int, name, usage string, least, most int) {
	flags.Func(name, usage, func(value string) error {
		number, err := strconv.Atoi(value)
		if err != nil || number < least || number > most {
			return fmt.Errorf("must be a whole number from %d to %d", least, most)
		}
		*into = number
		return nil
	})
}

func duration(flags *flag.FlagSet, into *time.Duration, name, usage string, least time.Duration) {
	flags.Func(name, usage, func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < least {
			return fmt.Errorf("must be a duration of at least %s, such as 30s or 5m", least)
		}
		*into = d
		return nil
	})
}

// sizeUnits are the units of a size, the longest first.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}, {"", 1}}

func size(flags *flag.FlagSet, into *int64, name, usage string) {
	flags.Func(name, usage, func(value string) error {
		for _, unit := range sizeUnits {
			digits, ok := strings.CutSuffix(value, unit.name)
			if !ok {
				continue
			}
			number, err := strconv.ParseInt(digits, 10, 32)
			if err != nil || number < 1 {
				break
			}
			*into = number * unit.bytes
			return nil
		}
		return errors.New("must be a size of at least 1B, such as 512KiB or 16MiB")
	})
}
