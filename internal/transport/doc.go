// Package transport sends the requests of all five clients. It is the only
// package that imports go-retryablehttp, and the only one that sends.
//
// What it promises: a request that may have taken effect is sent again only
// if repeating it is harmless ([Replay]), and an error always says whether
// the request may have taken effect.
//
// go-retryablehttp does the loop: it rewinds the body, waits on a timer that
// the context stops, and sends again. Everything that it decides by itself is
// taken from it: CheckRetry and Backoff ask the call, which travels as the
// context of its requests; PrepareRetry gives each attempt a header and a URL
// of its own; a round tripper without CloseIdleConnections keeps it from the
// pool; the body of a response is read before it sees the response; and it
// logs nothing.
//
// [Call] and [Do] are for operations with one response, [Request] is the way
// out for all others. [Open] is for those that stream: the provider reads
// events until the one that it knows to be the last, calls Finish, and makes
// of any other end what the API allows. A stream that can be continued after
// an event goes through [Resume], one that starts work also through [Once];
// [RunContext] bounds both for callers without a deadline. Waiting by looking
// again and again is in internal/poll.
//
//	stream, err := transport.Open(ctx, c.transport, op, options)
//	if err != nil {
//		return err // nothing began, or ErrOutcomeUnknown
//	}
//	defer stream.Close()
//	if stream.Object != nil {
//		… // the server did not stream: the finished object, or stream.Unreadable(err)
//	}
//	for {
//		event, err := stream.Next()
//		if err != nil {
//			return err // ErrStreamEnded: look the run up by its id
//		}
//		… // the last event: stream.Finish()
//	}
package transport
