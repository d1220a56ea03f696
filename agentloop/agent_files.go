package agentloop

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// ImportAgent creates an agent from a text: Markdown with front matter as
// ExportAgent returns it, JSON, YAML, or just the system prompt. The server
// names an agent whose text has no name by the date and time. It takes about
// 2 MiB.
//
// It is not repeated when the response is lost, since a text without an id would
// make a second agent. The error then matches
// [agentclients.ErrOutcomeUnknown]: list the agents and look for the name; if
// the text has an id, read the agent with that id.
//
// Errors: [agentclients.ErrBadRequest] if the text cannot be read or has no
// system prompt, [agentclients.ErrConflict] if the text has the id of an agent
// that exists, archived or not.
//
// API reference: import_agent, POST /v1/agents/import,
// https://github.com/everruns/everruns.
func (c *Client) ImportAgent(ctx context.Context, text string, options ...agentclients.CallOption) (*Agent, error) {
	const op = "import agent"
	var problems validate.Problems
	problems.Required("text", strings.TrimSpace(text))
	problems.Text("text", text)
	if err := problems.Err(provider, op); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:     op,
		Method:   http.MethodPost,
		Path:     "/v1/agents/import",
		Text:     text,
		TextType: "text/plain; charset=utf-8",
		Replay:   transport.ReplayNever,
	}, options, decodeAgent)
}

// ExportAgent returns an agent as Markdown: its system prompt after front
// matter with the id, the name, the description, the model, the tags and the
// capabilities. It is repeated after every transient failure.
//
// To copy an agent, take the id out of the text before it is imported.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent.
//
// API reference: export_agent, GET /v1/agents/{agent_id}/export,
// https://github.com/everruns/everruns.
func (c *Client) ExportAgent(ctx context.Context, agentID string, options ...agentclients.CallOption) (string, error) {
	const op = "export agent"
	if err := checkAgentID(op, agentID); err != nil {
		return "", err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v1/agents/{agent_id}/export",
		Params: []string{agentID},
		Accept: "text/markdown",
		Replay: transport.ReplaySafe,
	}, options, decodeExport)
}

// decodeExport tells an export from the page of a proxy by the line of dashes
// that begins every export.
func decodeExport(body []byte) (string, error) {
	if !bytes.HasPrefix(wire.Trim(body), []byte("---")) {
		return "", errors.New("the response is not Markdown with front matter")
	}
	return string(body), nil
}
