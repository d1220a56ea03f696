package transport

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/httpheader"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// Version is the version of this module, as its User-Agent names it.
const Version = "0.1.0"

// The defaults of agentclients.Options and agentclients.RetryPolicy.
const (
	defaultMaxAttempts      = 3
	defaultMinWait          = 500 * time.Millisecond
	defaultMaxWait          = 8 * time.Second
	defaultMaxRetryAfter    = 60 * time.Second
	defaultAttemptTimeout   = 60 * time.Second
	defaultMaxResponseBytes = 16 << 20
	maxErrorBytes           = 1 << 20 // of an answer that an error keeps
)

// shortestSecret is the length from which on a key is looked for in texts. To
// hide a shorter one would garble words that only look like it.
const shortestSecret = 8

// Config says how one provider is reached.
type Config struct {
	Provider    string // the package: "orq"
	Options     agentclients.Options
	BaseURL     BaseURL
	Credentials []Credential
	// ReadError fills Code, Message, Fields, RequestID and RetryAfter of an
	// error from its Body, in the shapes that this provider uses.
	ReadError func(*agentclients.Error)
}

// BaseURL says where the base URL comes from if Options has none.
type BaseURL struct {
	Env     string
	Default string // "": there is none, and the URL must be given
	// Normalize mends a URL that people write in several ways. May be nil.
	Normalize func(string) string
}

// Credential is a value of the Config that travels as a request header.
type Credential struct {
	Field  string // of the Config: "APIKey"
	Value  string
	Env    string // the variable that is read if Value is empty
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
	if config.Options.MaxResponseBytes < 0 {
		problems.Add("MaxResponseBytes", "must not be negative")
	}
	if err := problems.Err(config.Provider, "new client"); err != nil {
		return nil, err
	}
	return &Client{
		provider:  config.Provider,
		base:      strings.TrimRight(base.String(), "/"),
		host:      base.Host,
		setHeader: func(h http.Header) { maps.Copy(h, header) },
		hide:      strings.NewReplacer(secrets...).Replace,
		http:      newHTTPClient(config.Options.HTTPClient, retry.AttemptTimeout),
		retry:     retry,
		timedOut:  attemptTimeoutError{retry.AttemptTimeout},
		limiter:   config.Options.Limiter,
		logger:    config.Options.Logger,
		// One byte more than this is read, to see that it is too much.
		maxBytes:  min(cmp.Or(config.Options.MaxResponseBytes, defaultMaxResponseBytes), math.MaxInt64-1),
		readError: config.ReadError,
	}, nil
}

func resolveBaseURL(config Config, problems *validate.Problems) *url.URL {
	source := config.BaseURL
	raw := cmp.Or(config.Options.BaseURL, os.Getenv(source.Env), source.Default)
	if raw == "" {
		problems.Addf("BaseURL", "is required: set it in Options or in the environment variable %s", source.Env)
		return nil
	}
	if source.Normalize != nil {
		raw = source.Normalize(raw)
	}
	// Nothing of the URL is quoted in any message, not even what url.Parse
	// finds wrong with it: its user part or query may hold a secret.
	base, err := url.Parse(raw)
	switch {
	case err != nil:
		problems.Add("BaseURL", "is not a valid URL; it must look like https://api.example.com/v1")
	case base.Scheme != "http" && base.Scheme != "https":
		problems.Add("BaseURL", "must be an absolute URL that begins with https:// or http://")
	case base.Hostname() == "":
		problems.Add("BaseURL", "has no host")
	case base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		problems.Add("BaseURL", "must not have a user part, a query or a fragment")
	case base.Scheme == "http" && !isLoopback(base.Hostname()) && !config.Options.AllowInsecureHTTP:
		problems.Add("BaseURL", "uses plain http, which would show the key to the network: use https, or set AllowInsecureHTTP")
	}
	return base
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

// resolveHeader returns the headers of every request, and the old-new pairs
// that hide the secrets among them.
func resolveHeader(config Config, problems *validate.Problems) (header http.Header, secrets []string) {
	header = http.Header{"User-Agent": {userAgent(config)}}
	if !httpheader.IsValue(config.Options.UserAgent) {
		problems.Add("UserAgent", "must not hold line breaks or other control characters")
	}
	for _, c := range config.Credentials {
		value := cmp.Or(c.Value, os.Getenv(c.Env))
		switch {
		case value == "" && c.Optional:
		case value == "":
			problems.Addf(c.Field, "is required: set it in Config or in the environment variable %s", c.Env)
		case !httpheader.IsValue(value) || strings.TrimSpace(value) != value:
			problems.Add(c.Field, "must not hold line breaks, other control characters, or spaces at its ends")
		default:
			header.Set(c.Header, c.Prefix+value)
			if !c.Public && len(value) >= shortestSecret {
				secrets = append(secrets, value, redact.Placeholder)
			}
		}
	}
	return header, secrets
}

func userAgent(config Config) string {
	own := fmt.Sprintf("agentclients-go/%s (%s)", Version, config.Provider)
	return strings.TrimSpace(config.Options.UserAgent + " " + own)
}

func resolveRetry(options agentclients.Options, problems *validate.Problems) agentclients.RetryPolicy {
	policy := options.Retry
	if policy.MaxAttempts < 0 {
		problems.Add("Retry.MaxAttempts", "must not be negative")
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		unset time.Duration
	}{
		{"MinWait", &policy.MinWait, defaultMinWait},
		{"MaxWait", &policy.MaxWait, max(defaultMaxWait, policy.MinWait)},
		{"MaxRetryAfter", &policy.MaxRetryAfter, defaultMaxRetryAfter},
		{"AttemptTimeout", &policy.AttemptTimeout, defaultAttemptTimeout},
	} {
		if *d.value < 0 {
			problems.Addf("Retry."+d.name, "must not be negative")
		}
		*d.value = cmp.Or(*d.value, d.unset)
	}
	if policy.MaxWait > 0 && policy.MinWait > policy.MaxWait {
		if policy.MinWait == defaultMinWait { // only MaxWait was set
			policy.MinWait = policy.MaxWait
		} else {
			problems.Add("Retry.MinWait", "must not be longer than Retry.MaxWait")
		}
	}
	policy.MaxAttempts = cmp.Or(policy.MaxAttempts, defaultMaxAttempts)
	policy.MaxWait = min(policy.MaxWait, longestWait) // so that doubling does not overflow
	if given := options.HTTPClient; given != nil && given.Timeout > 0 {
		policy.AttemptTimeout = min(policy.AttemptTimeout, given.Timeout)
	}
	return policy
}

// newHTTPClient returns a client of ours: a changed copy of the given one, or
// one with a connection pool of its own.
func newHTTPClient(given *http.Client, attemptTimeout time.Duration) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	} else {
		client.Transport = newPool(attemptTimeout)
	}
	client.Transport = roundTripper{client.Transport}
	client.Timeout = 0 // the AttemptTimeout includes it, and can be told from the caller's deadline
	// Custom headers, and with them the key of some providers, would travel
	// to the other host.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// newPool returns the default connection pool. A default transport that
// somebody wrapped, for tracing or for tests, is used as it is.
func newPool(attemptTimeout time.Duration) http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil // http.DefaultTransport, whatever it is when a request is sent
	}
	pool := standard.Clone()
	pool.DialContext = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	pool.MaxIdleConnsPerHost = 16
	pool.IdleConnTimeout = 90 * time.Second
	pool.ResponseHeaderTimeout = attemptTimeout
	// Without pings an HTTP/2 connection that died silently is used again
	// until TCP gives up, about a quarter of an hour.
	pool.HTTP2 = &http.HTTP2Config{
		SendPingTimeout:  15 * time.Second,
		PingTimeout:      15 * time.Second,
		WriteByteTimeout: 30 * time.Second,
	}
	return pool
}
