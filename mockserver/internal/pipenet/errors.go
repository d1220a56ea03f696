//go:build !plan9

package pipenet

import "syscall"

// What the network says of such connections.
var errRefused, errReset error = syscall.ECONNREFUSED, syscall.ECONNRESET
