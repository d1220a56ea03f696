package agentloop

import (
	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// readError reads the documented error body,
//
//	{"error":"Input exceeds allowed limits"}
//
// the problem documents of newer servers,
//
//	{"title":"…","status":429,"detail":"…","code":"rate_limited","retry_after_seconds":60}
//
// {"error":{"code":"…","message":"…"}}, and the plain text with which the
// server refuses a body that it cannot read at all.
func readError(e *agentclients.Error) { wire.ReadError(e) }
