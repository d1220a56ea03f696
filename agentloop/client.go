package agentloop

import (
	"context"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/transport"
)

// Config configures a Client.
type Config struct {
	// APIKey is sent as the header Authorization, as it is. "" reads
	// EVERRUNS_API_KEY.
	APIKey string `json:"-"`

	// Bearer puts the scheme Bearer before the key. Servers since March 2026
	// prefer that; older ones refuse it with 401. Default: no scheme, which
	// all of them take.
	Bearer bool

	// OrganizationID is sent as the header X-Org-Id. "" reads
	// EVERRUNS_ORG_ID, and if that is empty, too, the header is not sent: the
	// server takes the organization of the key. It is not a secret, and
	// agentclients.WithHeader can replace it for one call.
	OrganizationID string

	// Options are the options that all clients share. An empty BaseURL reads
	// EVERRUNS_API_URL, and if that is empty, too, is
	// "https://app.everruns.com/api". It does not include the version.
	agentclients.Options
}

// Format prints the configuration without the key.
func (c Config) Format(state fmt.State, verb rune) {
	type plain Config
	c.APIKey = redact.Secret(c.APIKey)
	redact.Format(state, verb, plain(c))
}

// Client calls the agents API of an Everruns server. It is safe for
// concurrent use.
type Client struct {
	transport *transport.Client
}

// NewClient returns a client. It does no I/O. Its error matches
// [agentclients.ErrInvalidRequest] and lists everything that is wrong with
// the configuration.
func NewClient(config Config) (*Client, error) {
	credential := transport.Credential{Field: "APIKey", Value: config.APIKey, Env: []string{"EVERRUNS_API_KEY"}, Header: "Authorization"}
	if config.Bearer {
		credential.Prefix = "Bearer "
	}
	t, err := transport.New(transport.Config{
		Provider: provider,
		Options:  config.Options,
		BaseURL:  transport.BaseURL{Env: "EVERRUNS_API_URL", Default: "https://app.everruns.com/api"},
		Credentials: []transport.Credential{credential, {
			Field: "OrganizationID", Value: config.OrganizationID, Env: []string{"EVERRUNS_ORG_ID"},
			Header: "X-Org-Id", Public: true, Optional: true,
		}},
		Heartbeats: true,
		ReadError:  readError,
	})
	if err != nil {
		return nil, err
	}
	return &Client{transport: t}, nil
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
// https://github.com/everruns/everruns.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, options ...agentclients.CallOption) error {
	return transport.Request(ctx, c.transport, method, path, in, out, options)
}

const provider = "agentloop"
