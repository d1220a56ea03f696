package agentclients

// Change says what an Ensure method did.
type Change string

// The changes.
const (
	// Created: there was no such thing, and now there is.
	Created Change = "created"
	// Updated: it was there, and was changed into what was asked for.
	Updated Change = "updated"
	// Unchanged: it was there and is what it was before.
	Unchanged Change = "unchanged"
)
