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
package transport
