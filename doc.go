// Package agentclients holds what the five clients of this module share:
// options, errors, and the description of a response.
//
// The clients themselves are in the packages omniflow, agentloop, orq,
// phoneagents and xpander, one for each API. All five have one shape:
//
//	client, err := orq.NewClient(orq.Config{APIKey: key})
//	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{ … })
//
// Package mockserver emulates all five APIs, inside a test or as a program.
//
// # Requests
//
// A required field is a plain value. An optional one is a pointer, a list or a
// map that is left out if it is nil, so that a zero value can be sent: set a
// pointer with new(0.2) or new("text"). ExtraFields, which every request has,
// sends fields that the package does not know, and null.
//
// A request is checked before it is sent; the error names all missing fields
// at once. What the server may come to allow, such as new models, is not
// checked.
//
// # Responses
//
// Unknown members of a response are ignored, unknown words in it are kept, and
// a member that is null or of another type leaves its field zero.
// [CaptureResponse] keeps the response as it came. The method Do of a client
// sends what the package has no method for.
//
// # One create, one agent
//
// A create call makes at most one agent. Where the API can refuse to do a
// thing twice, the client repeats a create whose response was lost and then
// finds out whether one of its attempts made the agent. Where the API cannot,
// the client does not repeat it, and the error matches [ErrOutcomeUnknown]:
// the agent may or may not exist, so look before you create again.
//
// # Repeats
//
// Reads, and writes that set a state, are repeated after every transient
// failure: one of the network, 408, 425, 429, 500, 502, 503 and 504. Any other
// request is repeated only if it was never sent, or after 429, which says that
// nothing was done. [RetryPolicy] bounds the repeats and the waits between
// them, [WithRetry] changes it for one call, and the context bounds the whole
// call.
//
// # Errors
//
// Every failure of a call is an [*Error]. Match its kind with errors.Is and
// one of the sentinels below, or look inside with errors.As. Any call can end
// with [ErrUnauthorized], [ErrForbidden], [ErrRateLimited], [ErrServer],
// [ErrDecode], or the error of the network or of its context; the comment of a
// method names what else it can end with.
package agentclients
