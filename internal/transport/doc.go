// Package transport sends the requests of all five clients. It is the only
// package that imports go-retryablehttp, and the only one that sends.
//
// What it promises: a request that may have taken effect is sent again only
// if repeating it is harmless ([Replay]), and an error always says whether
// the request may have taken effect.
package transport
