package omniflow

import (
	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// readError reads the documented error body,
//
//	{"error":{"code":"rate_limit_exceeded","message":"…","reset_at":"…"}}
//
// whose reset_at becomes RetryAfter, and the flat {"error":"text"} or
// {"message":"text"} that is met in practice.
func readError(e *agentclients.Error) { wire.ReadError(e) }
