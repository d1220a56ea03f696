package admin

import (
	"net/http"

	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// differencesView is in what the mock differed from real APIs.
type differencesView struct {
	Differences []journal.Finding `json:"differences"`
	// Compared is how many requests were compared.
	Compared int `json:"compared"`
	// NotCompared is how many were not, by the reason.
	NotCompared map[string]int `json:"not_compared,omitempty"`
}

func (c *call) differences() error {
	w, err := c.namespace()
	if err != nil {
		return err
	}
	r := w.Differences()
	return c.respond(http.StatusOK, differencesView{r.Findings, r.Compared, r.Skipped})
}
