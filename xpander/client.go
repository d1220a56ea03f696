package xpander

import (
	"context"
	"fmt"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/transport"
)

// Config configures a Client.
type Config struct {
	// APIKey is sent as the header x-api-key. "" reads XPANDER_API_KEY.
	APIKey string `json:"-"`

	// OrganizationID is sent as the header x-organization-id. "" reads
	// XPANDER_ORGANIZATION_ID, and if that is empty, too, the header is not
	// sent: the key belongs to an organization already.
	OrganizationID string

	// Options are the options that all clients share. An empty BaseURL reads
	// XPANDER_BASE_URL, and if that is empty, too, is
	// "https://api.xpander.ai". It may be written with or without https://
	// and with or without /v1 at the end.
	agentclients.Options
}

// Format prints the configuration without the key.
func (c Config) Format(state fmt.State, verb rune) {
	type plain Config
	c.APIKey = redact.Secret(c.APIKey)
	redact.Format(state, verb, plain(c))
}

// Client calls the xpander.ai API. It is safe for concurrent use.
type Client struct {
	transport *transport.Client
}

// NewClient returns a client. It does no I/O. Its error matches
// [agentclients.ErrInvalidRequest] and lists everything that is wrong with
// the configuration.
func NewClient(config Config) (*Client, error) {
	t, err := transport.New(transport.Config{
		Provider: provider,
		Options:  config.Options,
		BaseURL: transport.BaseURL{
			Env:       "XPANDER_BASE_URL",
			Default:   "https://api.xpander.ai",
			Normalize: normalizeBaseURL,
		},
		Credentials: []transport.Credential{
			{Field: "APIKey", Value: config.APIKey, Env: []string{"XPANDER_API_KEY"}, Header: "x-api-key"},
			{
				Field: "OrganizationID", Value: config.OrganizationID, Env: []string{"XPANDER_ORGANIZATION_ID"},
				Header: "x-organization-id", Public: true, Optional: true,
			},
		},
		ReadError: readError,
	})
	if err != nil {
		return nil, err
	}
	return &Client{transport: t}, nil
}

// normalizeBaseURL puts https:// before a URL without a scheme, and cuts the
// version off, which the paths of the operations have.
func normalizeBaseURL(raw string) string {
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	raw = strings.TrimRight(raw, "/")
	if base, ok := strings.CutSuffix(raw, "/v1"); ok && !strings.HasSuffix(base, ":/") { // a host named v1
		raw = base
	}
	return raw
}

// Do sends a request that this package has no method for. method is an HTTP
// method in capitals, path begins with "/", is below the base URL and may have
// a query. in is nil, an [agentclients.Raw], or a value that is sent as JSON;
// out is nil, a *[]byte for the body, or a pointer to what its JSON is read
// into: a 2xx without a body is then [agentclients.ErrDecode]. The request has
// the credentials, limits and errors of every other one.
//
// GET and HEAD are repeated after every transient failure, anything else only
// if it was never sent or got 429, unless [agentclients.Idempotent] is given.
//
// API reference: every operation, such as GET /v1/agents,
// https://docs.xpander.ai.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, options ...agentclients.CallOption) error {
	return transport.Request(ctx, c.transport, method, path, in, out, options)
}

const provider = "xpander"
