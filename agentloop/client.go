package agentloop

import (
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
	// prefer that; older ones answer it with 401. Default: no scheme, which
	// all of them take.
	Bearer bool

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
	credential := transport.Credential{Field: "APIKey", Value: config.APIKey, Env: "EVERRUNS_API_KEY", Header: "Authorization"}
	if config.Bearer {
		credential.Prefix = "Bearer "
	}
	t, err := transport.New(transport.Config{
		Provider:    provider,
		Options:     config.Options,
		BaseURL:     transport.BaseURL{Env: "EVERRUNS_API_URL", Default: "https://app.everruns.com/api"},
		Credentials: []transport.Credential{credential},
		ReadError:   readError,
	})
	if err != nil {
		return nil, err
	}
	return &Client{transport: t}, nil
}

const provider = "agentloop"
