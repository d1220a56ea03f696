package pipenet

import "errors"

// What the network says of such connections, where errors have no numbers.
var errRefused, errReset = errors.New("connection refused"), errors.New("connection reset by peer")
