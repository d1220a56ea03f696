package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

// agent is an agent of the file: a request, as it is written there.
type agent interface {
	Validate() error
	record() record
	// look reads the agent.
	look(context.Context, *clients) (finding, error)
	// ensure makes the agent be what the file says.
	ensure(context.Context, *clients) (id string, change agentclients.Change, err error)
}

// finding is what there is of an agent. It is not there without an id.
type finding struct {
	id    string
	lacks []agentclients.FieldDiff
}

// clients are those of the APIs that are needed; the others are nil.
type clients struct {
	omniflow    *omniflow.Client
	agentloop   *agentloop.Client
	orq         *orq.Client
	phoneagents *phoneagents.Client
	xpander     *xpander.Client
}

// kind is an API and its agents.
type kind struct {
	api       string
	variables []string // any of them holds the key
	empty     func() agent
	// connect makes the client. With a mock there are no keys in the
	// environment.
	connect func(c *clients, options agentclients.Options, mocked bool) error
	// removes is what becomes of an agent that is removed.
	removes string
	// remove removes an agent. The error matches ErrNotFound if it is gone, and
	// errNoDelete if the API cannot.
	remove func(context.Context, *clients, record) error
}

// errNoDelete is why an agent stays.
var errNoDelete = errors.New("the API documents no way to delete an agent: delete it by hand")

var kinds = []kind{
	{mockserver.Omniflow, []string{"OMNIFLOW_API_KEY", "TRILLET_API_KEY"}, func() agent { return new(omniflowAgent) }, connectOmniflow, "", removeFromOmniflow},
	{mockserver.Agentloop, []string{"EVERRUNS_API_KEY"}, func() agent { return new(agentloopAgent) }, connectAgentloop, "archived", removeFromAgentloop},
	{mockserver.Orq, []string{"ORQ_API_KEY"}, func() agent { return new(orqAgent) }, connectOrq, "deleted", removeFromOrq},
	{mockserver.Phoneagents, []string{"PHONEAGENTS_API_KEY"}, func() agent { return new(phoneAgent) }, connectPhoneagents, "deleted", removeFromPhoneagents},
	{mockserver.Xpander, []string{"XPANDER_API_KEY"}, func() agent { return new(xpanderAgent) }, connectXpander, "deleted", removeFromXpander},
}

// kindOf returns the kind of an API.
func kindOf(api string) (kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.api == api })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

func apiNames() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.api
	}
	return strings.Join(names, ", ")
}

// hasKeys reports whether the environment has the key of any API.
func hasKeys() bool {
	for _, k := range kinds {
		if slices.ContainsFunc(k.variables, func(name string) bool { return os.Getenv(name) != "" }) {
			return true
		}
	}
	return false
}

// found is the finding of an agent that was looked up by its key.
func found(id string, lacks []agentclients.FieldDiff, err error) (finding, error) {
	if errors.Is(err, agentclients.ErrNotFound) {
		return finding{}, nil
	}
	return finding{id, lacks}, err
}
