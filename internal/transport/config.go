package transport

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/httpheader"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// The defaults of agentclients.Options and agentclients.RetryPolicy.
const (
	defaultMaxAttempts      = 3
	defaultMinWait          = 500 * time.Millisecond
	defaultMaxWait          = 8 * time.Second
	defaultMaxRetryAfter    = 60 * time.Second
	defaultAttemptTimeout   = 60 * time.Second
	defaultRunTimeout       = 10 * time.Minute
	defaultMaxResponseBytes = 16 << 20
	defaultIdleTimeout      = 90 * time.Second // between heartbeats
	defaultMaxEventBytes    = 4 << 20
	defaultMaxReconnects    = 5
	maxErrorBytes           = 1 << 20 // of a response that an error keeps
)

// Config says how one provider is reached.
type Config struct {
	Provider    string // the package: "orq"
	Options     agentclients.Options
	BaseURL     BaseURL
	Credentials []Credential
	// Heartbeats says that the streams of this provider are documented to
	// show signs of life, so that silence means a dead connection.
	Heartbeats bool
	// ReadError fills Code, Message, Fields, RequestID and RetryAfter of an
	// error from its Body, in the shapes that this provider uses.
	ReadError func(*agentclients.Error)
}

// BaseURL says where the base URL comes from if Options has none.
type BaseURL struct {
	Env     string // the variable that is read
	Default string // "": there is none, and the URL must be given
	// Normalize mends a URL that people write in several ways. May be nil.
	Normalize func(string) string
}

// Credential is a value of the Config that travels as a request header.
type Credential struct {
	Field  string // of the Config: "APIKey"
	Value  string
	Env    []string // the variables that are read if Value is empty; the first one set wins
	Header string
	Prefix string // before the value: "Bearer "
	Public bool   // not a secret: it may be printed
	// Optional: without a value the header is not sent.
	Optional bool
}

// New checks a configuration and returns the client for it. It does no I/O.
// Its error lists every problem.
func New(config Config) (*Client, error) {
	var problems validate.Problems
	base := resolveBaseURL(config, &problems)
	header, secrets := resolveHeader(config, &problems)
	retry := resolveRetry(config.Options, &problems)
	stream := resolveStream(config, &problems)
	if config.Options.MaxResponseBytes < 0 {
		problems.Add("MaxResponseBytes", "must not be negative")
	}
	if err := problems.Err(config.Provider, "new client"); err != nil {
		return nil, err
	}
	client := &Client{
		provider:    config.Provider,
		base:        strings.TrimRight(base.String(), "/"),
		host:        base.Host,
		setHeader:   setter(header),
		credentials: credentialHeaders(config.Credentials),
		http:        newHTTPClient(config.Options.HTTPClient),
		retry:       retry,
		timeout:     timeoutOf(config.Options.HTTPClient),
		runTimeout:  cmp.Or(config.Options.Retry.RunTimeout, defaultRunTimeout),
		stream:      stream,
		limiter:     notNil(config.Options.Limiter),
		logger:      config.Options.Logger,
		// One byte more than this is read, to see that it is too much.
		maxBytes:  min(cmp.Or(config.Options.MaxResponseBytes, defaultMaxResponseBytes), math.MaxInt64-1),
		readError: config.ReadError,
	}
	client.hide = redact.HiderFor(client, secrets)
	return client, nil
}

// notNil returns a value, or none if it is a pointer or a function that is
// nil: in an interface a variable that was never set is not nil itself.
func notNil[T any](value T) (none T) {
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Pointer, reflect.Func:
		if v.IsNil() {
			return none
		}
	}
	return value
}

// setting is a value of a configuration, and the variable it came from, ""
// if it did not come from one.
type setting struct{ value, variable string }

// fromEnv returns a value, or that of the first of the variables that is set.
func fromEnv(value string, variables ...string) setting {
	if value != "" {
		return setting{value: value}
	}
	for _, variable := range variables {
		if value := os.Getenv(variable); value != "" {
			return setting{value, variable}
		}
	}
	return setting{}
}

// problem notes what is wrong with the value, and where it came from.
func (s setting) problem(problems *validate.Problems, field, message string) {
	if s.variable != "" {
		message += " (it comes from the environment variable " + s.variable + ")"
	}
	problems.Add(field, message)
}

func resolveBaseURL(config Config, problems *validate.Problems) *url.URL {
	source := config.BaseURL
	given := fromEnv(config.Options.BaseURL, source.Env)
	raw := cmp.Or(given.value, source.Default)
	if raw == "" {
		problems.Addf("BaseURL", "is required: set it in Options or in the environment variable %s", source.Env)
		return nil
	}
	if source.Normalize != nil {
		raw = source.Normalize(raw)
	}
	// Nothing of the URL is quoted in any message, not even what url.Parse
	// finds wrong with it: its user part or query may hold a secret.
	problem := ""
	base, err := url.Parse(raw)
	switch {
	case err != nil:
		problem = "is not a valid URL; it must look like https://api.example.com/v1"
	case base.Scheme != "http" && base.Scheme != "https":
		problem = "must be an absolute URL that begins with https:// or http://"
	case base.Hostname() == "":
		problem = "has no host"
	case !isPort(base.Port()):
		problem = "has a port that is not between 1 and 65535"
	case hasDots(base.EscapedPath()):
		problem = `must not have "." or ".." in its path, which have a meaning of their own`
	case base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		problem = "must not have a user part, a query or a fragment"
	case base.Scheme == "http" && !isLoopback(base.Hostname()) && !config.Options.AllowInsecureHTTP:
		problem = "uses plain http, which would show the key to the network: use https, or set AllowInsecureHTTP"
	}
	if problem != "" {
		given.problem(problems, "BaseURL", problem)
	}
	return base
}

// isPort reports whether a port is one, or is left out.
func isPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && number > 0
}

// isLoopback reports whether a host can only be this machine.
func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// resolveHeader returns the headers of a request with a body of JSON, and the
// secrets among them.
func resolveHeader(config Config, problems *validate.Problems) (header http.Header, secrets []string) {
	header = http.Header{"User-Agent": {userAgent(config)}, "Accept": {jsonType}, "Content-Type": {jsonType}}
	if !httpheader.IsValue(config.Options.UserAgent) {
		problems.Add("UserAgent", "must not hold line breaks or other control characters")
	}
	for _, c := range config.Credentials {
		given := fromEnv(c.Value, c.Env...)
		switch {
		case given.value == "" && c.Optional:
		case given.value == "":
			problems.Addf(c.Field, "is required: set it in Config or in the environment variable %s", strings.Join(c.Env, " or "))
		case !httpheader.IsValue(given.value) || strings.TrimSpace(given.value) != given.value:
			given.problem(problems, c.Field, "must not hold line breaks, other control characters, or spaces at its ends")
		default:
			header.Set(c.Header, c.Prefix+given.value)
			if !c.Public {
				secrets = append(secrets, given.value)
			}
		}
	}
	return header, secrets
}

// credentialHeaders returns the names of the headers of credentials, as they
// stand in a request.
func credentialHeaders(credentials []Credential) []string {
	names := make([]string, len(credentials))
	for i, c := range credentials {
		names[i] = http.CanonicalHeaderKey(c.Header)
	}
	return names
}

// setter returns what sets a copy of headers, which have one value each, with
// one allocation.
func setter(header http.Header) func(http.Header) {
	names := slices.Sorted(maps.Keys(header))
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = header.Get(name)
	}
	return func(into http.Header) {
		own := slices.Clone(values)
		for i, name := range names {
			into[name] = own[i : i+1 : i+1]
		}
	}
}

func userAgent(config Config) string {
	own := fmt.Sprintf("agentclients-go/%s (%s)", Version(), config.Provider)
	return strings.TrimSpace(config.Options.UserAgent + " " + own)
}

// resolveRetry returns the policy of a client.
func resolveRetry(options agentclients.Options, problems *validate.Problems) agentclients.RetryPolicy {
	policy := overlay(agentclients.RetryPolicy{
		MaxAttempts:    defaultMaxAttempts,
		MinWait:        defaultMinWait,
		MaxWait:        defaultMaxWait,
		MaxRetryAfter:  defaultMaxRetryAfter,
		AttemptTimeout: defaultAttemptTimeout,
		RunTimeout:     defaultRunTimeout,
	}, options.Retry, problems)
	return lower(policy, timeoutOf(options.HTTPClient))
}

// resolveStream returns the policy of a client's streams.
func resolveStream(config Config, problems *validate.Problems) agentclients.StreamPolicy {
	policy := config.Options.Stream
	if policy.IdleTimeout < 0 {
		problems.Add("Stream.IdleTimeout", "must not be negative")
	}
	problems.NotNegative("Stream.MaxEventBytes", policy.MaxEventBytes)
	idle := cmp.Or(config.Options.Retry.RunTimeout, defaultRunTimeout)
	if config.Heartbeats {
		idle = defaultIdleTimeout
	}
	return agentclients.StreamPolicy{
		IdleTimeout:   cmp.Or(policy.IdleTimeout, idle),
		MaxEventBytes: cmp.Or(policy.MaxEventBytes, defaultMaxEventBytes),
		MaxReconnects: cmp.Or(policy.MaxReconnects, defaultMaxReconnects),
	}
}

func timeoutOf(given *http.Client) time.Duration {
	if given == nil {
		return 0
	}
	return given.Timeout
}

// lower lowers the timeouts of a policy to that of the user's http.Client, 0
// if it has none.
func lower(policy agentclients.RetryPolicy, timeout time.Duration) agentclients.RetryPolicy {
	if timeout > 0 {
		policy.AttemptTimeout = min(policy.AttemptTimeout, timeout)
		policy.RunTimeout = min(policy.RunTimeout, timeout)
	}
	return policy
}

// overlay returns a policy with what another one sets laid over it.
func overlay(policy, own agentclients.RetryPolicy, problems *validate.Problems) agentclients.RetryPolicy {
	problems.NotNegative("Retry.MaxAttempts", own.MaxAttempts)
	for _, d := range []struct {
		name string
		own  time.Duration
		is   *time.Duration
	}{
		{"MinWait", own.MinWait, &policy.MinWait},
		{"MaxWait", own.MaxWait, &policy.MaxWait},
		{"MaxRetryAfter", own.MaxRetryAfter, &policy.MaxRetryAfter},
		{"AttemptTimeout", own.AttemptTimeout, &policy.AttemptTimeout},
		{"RunTimeout", own.RunTimeout, &policy.RunTimeout},
	} {
		if d.own < 0 {
			problems.Add("Retry."+d.name, "must not be negative")
		}
		*d.is = cmp.Or(d.own, *d.is)
	}
	switch {
	case own.MinWait > 0 && own.MaxWait > 0 && own.MinWait > own.MaxWait:
		problems.Add("Retry.MinWait", "must not be longer than Retry.MaxWait")
	case own.MinWait > 0: // and if it is only this that was set, it wins
		policy.MaxWait = max(policy.MaxWait, policy.MinWait)
	default:
		policy.MinWait = min(policy.MinWait, policy.MaxWait)
	}
	policy.MaxAttempts = cmp.Or(own.MaxAttempts, policy.MaxAttempts)
	policy.MaxWait = min(policy.MaxWait, longestWait) // so that doubling does not overflow
	policy.AllowDuplicates = policy.AllowDuplicates || own.AllowDuplicates
	return policy
}
