package admin

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

type recordsView struct {
	Records []recordSummaryView `json:"records"`
}

// recordSummaryView is what people want to see of a record in a list.
type recordSummaryView struct {
	API    string `json:"api"`
	Kind   string `json:"kind"`
	Tenant string `json:"tenant"`
	ID     string `json:"id"`
	// Name, Status and Agent are what the record says, as far as it does.
	Name   string `json:"name,omitempty"`
	Status string `json:"status,omitempty"`
	Agent  string `json:"agent,omitempty"`
	// IDs are what requests call it besides its id, such as the responses of a
	// task.
	IDs []string `json:"ids,omitempty"`
}

// The bounds of a list of records.
const usualRecords, mostRecords = 200, 1000

func (c *call) listRecords() error {
	limit := usualRecords
	if text := c.query.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > mostRecords {
			return refuse(http.StatusBadRequest, "limit is %.40q; allowed is 1 to %d", text, mostRecords)
		}
	}
	w, err := c.namespace()
	if err != nil {
		return err
	}
	v := recordsView{Records: []recordSummaryView{}}
	for _, r := range w.Newest(limit) {
		members, err := jsontext.ParseObject(r.JSON)
		if err != nil {
			continue // it only says where another record is
		}
		one := recordSummaryView{API: r.API, Kind: r.Kind, Tenant: r.Tenant, ID: r.ID, IDs: r.Summary.IDs,
			Name:   cmp.Or(r.Summary.Name, firstText(members, "name", "display_name", "title", "key")),
			Status: cmp.Or(r.Summary.Status, firstText(members, "status", "state"))}
		if r.Kind != "agents" {
			one.Agent = firstText(members, "agent_id", "agentId", "agent_key", "agent")
		}
		v.Records = append(v.Records, one)
	}
	return c.respond(http.StatusOK, v)
}

// firstText is the first of the members that is a text and not empty.
func firstText(members jsontext.Object, names ...string) string {
	for _, name := range names {
		if text, ok := jsontext.String(members[name]); ok && text != "" {
			return text
		}
	}
	return ""
}

type runsView struct {
	Runs []runView `json:"runs"`
}

// runView is a run of an agent that is not over.
type runView struct {
	API    string    `json:"api"`
	Agent  string    `json:"agent"`
	Thread string    `json:"thread"`
	Input  string    `json:"input"`
	Begun  time.Time `json:"begun"`
	// Held is whether it waits to be released; Asks is the question that it
	// asks a person.
	Held bool   `json:"held"`
	Asks string `json:"asks,omitempty"`
}

func (c *call) listRuns() error {
	w, err := c.namespace()
	if err != nil {
		return err
	}
	v := runsView{Runs: []runView{}}
	for _, r := range w.Runs() {
		v.Runs = append(v.Runs, runView{r.Turn.API, r.Turn.Agent, r.Turn.Thread, r.Turn.Input, r.Begun, r.Held, r.Asks})
	}
	return c.respond(http.StatusOK, v)
}
