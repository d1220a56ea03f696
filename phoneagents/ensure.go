package phoneagents

import (
	"context"
	"errors"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
	"github.com/agentclients/agentclients-go/internal/ensure"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// EnsureAgent makes the agent of a phone number be what the request says, and
// reports what it did: it looks for the agent of the number and creates it if
// there is none, or updates it if it has another prompt or name. It can be
// called again after any error, by any number of programs at a time: the number
// keeps it to one agent. ExtraFields that an Agent has no field for are sent
// with an update only.
//
// Errors: [agentclients.ErrConflict] if the number has an agent that is not in
// the list; else as CreateAgent, ListAgents and UpdateAgent. What
// CaptureResponse captures is the last response; its Attempts and Elapsed count
// all.
//
// API reference: List Agents, GET /users/{user_id}/agents; Create Agent,
// POST /users/{user_id}/agents; Update Agent,
// PATCH /users/{user_id}/agents/{agent_id}.
func (c *Client) EnsureAgent(ctx context.Context, userID string, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
	if err := transport.Check(ctx, c.transport, request.op(userID), options); err != nil {
		return nil, "", err
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	return ensure.Keyed[Agent]{
		Read:   func() (*Agent, error) { return c.agentOfNumber(ctx, userID, request.PhoneNumberID, options) },
		Create: func() (*Agent, error) { return c.CreateAgent(ctx, userID, request, options...) },
		Change: func(before *Agent) (*Agent, agentclients.Change, error) {
			if len(request.Diff(before)) == 0 {
				return before, agentclients.Unchanged, nil
			}
			update := UpdateAgentRequest{Name: &request.Name, PromptID: &request.PromptID, ExtraFields: request.ExtraFields}
			after, err := c.UpdateAgent(ctx, userID, before.ID, update, options...)
			return ensure.Updated(before, after, err, "updated_at")
		},
	}.Ensure()
}

// EnsurePhoneNumber makes a user have the phone number with the Platform and
// the MetaPhoneNumberID of the request: it looks for it, and adds it if there
// is none. It can be called again after any error, by any number of programs
// at a time, since the server refuses a Meta id that it has already.
//
// The API cannot change a phone number, and does not tell its access token:
// one that is there is Unchanged, whatever else the request says. To replace a
// token, delete the phone number and add it again. After a lost response it is
// Created only if it has what the request says, as far as the API tells.
//
// Errors: as AddPhoneNumber and ListPhoneNumbers. What CaptureResponse captures
// is the last response; its Attempts and Elapsed count all.
//
// API reference: List Phone Numbers, GET /users/{user_id}/phone_numbers; Add
// Phone Number, POST /users/{user_id}/phone_numbers.
func (c *Client) EnsurePhoneNumber(ctx context.Context, userID string, request AddPhoneNumberRequest, options ...agentclients.CallOption) (*PhoneNumber, agentclients.Change, error) {
	if err := transport.Check(ctx, c.transport, request.op(userID), options); err != nil {
		return nil, "", err
	}
	var problems validate.Problems
	for _, name := range []string{"platform", "meta_phone_number_id"} {
		problems.NotExtra(name, request.ExtraFields) // it is looked for by them
	}
	if err := problems.Err(provider, "ensure phone number"); err != nil {
		return nil, "", err
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	found, err := c.phoneNumber(ctx, userID, request, options)
	if err != nil || found != nil {
		return found, unchanged(err), err
	}
	added, failed := c.AddPhoneNumber(ctx, userID, request, options...)
	if failed == nil {
		return added, agentclients.Created, nil
	}
	if !errors.Is(failed, agentclients.ErrConflict) && !errors.Is(failed, agentclients.ErrBadRequest) && !errors.Is(failed, agentclients.ErrOutcomeUnknown) {
		return nil, "", failed
	}
	// It may be there now: somebody else's work, or that of the lost request.
	found, err = c.phoneNumber(ctx, userID, request, options)
	switch {
	case err != nil || found == nil:
		return nil, "", failed
	case errors.Is(failed, agentclients.ErrOutcomeUnknown) && request.mayHaveMade(found):
		return found, agentclients.Created, nil
	}
	return found, agentclients.Unchanged, nil
}

// mayHaveMade reports whether a phone number is what the request adds, as far
// as the API tells.
func (r AddPhoneNumberRequest) mayHaveMade(found *PhoneNumber) bool {
	return len(diff.Compare(addPhoneNumberBody(r), r.ExtraFields, found, diff.Rules{}).ButForSpacing().Different) == 0
}

func unchanged(err error) agentclients.Change {
	if err != nil {
		return ""
	}
	return agentclients.Unchanged
}

// phoneNumber returns the phone number that a request is about, nil if there
// is none.
func (c *Client) phoneNumber(ctx context.Context, userID string, request AddPhoneNumberRequest, options []agentclients.CallOption) (*PhoneNumber, error) {
	return c.findPhoneNumber(ctx, userID, options, func(n *PhoneNumber) bool {
		return n.MetaPhoneNumberID == request.MetaPhoneNumberID && (n.Platform == request.Platform || n.Platform == "")
	})
}
