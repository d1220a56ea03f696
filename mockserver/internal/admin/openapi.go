package admin

import (
	_ "embed"
	"encoding/json"
)

// document describes the table of routes; a test makes it anew and compares.
//
//go:embed openapi.json
var document []byte

// OpenAPI returns the OpenAPI document of the admin API.
func OpenAPI() json.RawMessage { return document }

func (c *call) openAPI() error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Write(document) //nolint:errcheck // the client went away
	return nil
}
