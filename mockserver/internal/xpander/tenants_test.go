package xpander_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentclients/agentclients-go/mockserver"
)

const otherKey = "another_key_of_the_test"

// All keys are of one organization unless tenants are configured.
func TestKeysShareAnOrganization(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	other := c.with("x-api-key", otherKey)
	mine := c.create(`{"name":"a"}`)
	var got agent
	other.Read("GET", "/v1/agents/"+mine.ID, "", http.StatusOK, &got)
	if diff := cmp.Diff(mine, got); diff != "" {
		t.Error(diff)
	}
	if theirs := other.create(`{"name":"b"}`); theirs.OrganizationID != mine.OrganizationID || uuid.Validate(theirs.OrganizationID) != nil {
		t.Errorf("organizations %q and %q", mine.OrganizationID, theirs.OrganizationID)
	}
	other.Do("DELETE", "/v1/agents/"+mine.ID, "", http.StatusAccepted)
}

// A seed that a person wrote needs no tenant, and no new agent takes the
// place of one that it has.
func TestSeedWrittenByHand(t *testing.T) {
	first := newCaller(t, mockserver.Config{}).create(`{"name":"a"}`).ID // what a deterministic mock makes first
	seed := []byte(`{"version":1,"apis":{"xpander":{"agents":[{"id":"` + first + `","record":{"id":"` + first + `","name":"Ada"}}]}}}`)
	c := newCaller(t, mockserver.Config{Seed: seed})
	var got agent
	c.Read("GET", "/v1/agents/"+first, "", http.StatusOK, &got)
	if got.Name != "Ada" {
		t.Errorf("got %+v", got)
	}
	if made := c.create(`{"name":"b"}`); made.ID == first || len(c.Server.Agents(mockserver.Xpander)) != 2 {
		t.Errorf("made %s beside %s", made.ID, first)
	}
	c.Do("PATCH", "/v1/agents/"+first+"?deploy=1", `{"name":"Bob"}`, http.StatusOK)
	c.Do("DELETE", "/v1/agents/"+first, "", http.StatusAccepted)
	c.wantDetail("GET", "/v1/agents/"+first, "", http.StatusNotFound, `"Agent not found"`)
}
