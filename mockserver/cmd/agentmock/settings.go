package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
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

	apis, variants []string
	apiKeys        []string
	tenantPairs    []string // as given
	tenants        map[string]string
	allowOrigins   []string
	adminToken     string
	strict         string
	rateLimits     bool
	rate           mockserver.RateLimit
	deterministic  bool
	clock          time.Time
	clockStep      time.Duration
	comparePairs   []string // as given
	compare        map[string]string
	compareKeep    bool

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

	onlyHealthcheck bool // -healthcheck came without any other argument
}

// defaultAddress is where it serves if nobody says otherwise: a port that
// clients can be configured with once.
const defaultAddress = "127.0.0.1:4141"

// actions are the flags that make the program do something else than serve.
// They have no environment variable.
var actions = []string{"version", "print-openapi", "healthcheck"}

// variablePrefix begins the name of every environment variable.
const variablePrefix = "AGENTMOCK_"

// variable names the environment variable of a flag. Variables that belong to
// no flag are ignored: container platforms set some of their own, such as
// AGENTMOCK_PORT for a service called agentmock.
func variable(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
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
		if err != nil || given[f.Name] || slices.Contains(actions, f.Name) {
			return
		}
		value := getenv(variable(f.Name))
		if value == "" {
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
	s.onlyHealthcheck = s.healthcheck && len(given) == 1 && len(rest) == 0
	if s.healthcheck && len(rest) > 0 {
		s.healthURL, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		argument := strconv.Quote(rest[0])
		if slices.ContainsFunc(secretFlags, func(name string) bool { return given[name] }) {
			argument = "after the flags" // it may be the rest of a list of credentials
		}
		return nil, fmt.Errorf("unexpected argument %s: only flags are allowed", argument)
	}
	return s, s.check()
}

// check finds what is wrong between flags.
func (s *settings) check() error {
	if err := cmp.Or(s.checkPublicURL(), s.checkCredentials(), s.checkClock(), s.checkCompare()); err != nil {
		return err
	}
	switch {
	case s.tls && s.certFile != "":
		return errors.New("-tls makes a certificate up, -cert brings one: give only one of them")
	case (s.certFile == "") != (s.keyFile == ""):
		return errors.New("-cert and -key must be given together")
	case s.caOut != "" && !s.tls:
		return errors.New("-ca-out writes the certificate that -tls makes up: give -tls, too")
	case s.mountRoot != "" && len(s.apis) > 0 && !slices.Contains(s.apis, s.mountRoot):
		return fmt.Errorf("-mount-root %s is not one of the -apis %s", s.mountRoot, strings.Join(s.apis, ","))
	}
	return nil
}

// checkPublicURL reads -public-url. Its error does not show it: there could be
// a password in it.
func (s *settings) checkPublicURL() error {
	if s.publicURL == "" {
		return nil
	}
	u, err := url.Parse(s.publicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("-public-url must be an http or https URL with a host and no user, query or fragment")
	}
	s.publicURL = strings.TrimRight(s.publicURL, "/")
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
