package main

import (
	"context"
	"errors"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
)

// maker makes the agents of one API.
type maker interface {
	// create makes the agent of a job and returns its id.
	create(ctx context.Context, job queue.Job) (string, error)
	// find returns the ids of the agents that are that of the job: by its key,
	// else by its name. It is errOther if the key is that of another agent.
	find(ctx context.Context, job queue.Job) ([]string, error)
}

// errOther: the key is taken by an agent that is not what the job asks for.
var errOther = errors.New("another agent has the key")

// found is what find returns of a read by key.
func found(id string, differences []agentclients.FieldDiff, err error) ([]string, error) {
	switch {
	case errors.Is(err, agentclients.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case len(differences) > 0:
		return nil, fmt.Errorf("%w: its %s is another", errOther, differences[0].Path)
	}
	return []string{id}, nil
}
