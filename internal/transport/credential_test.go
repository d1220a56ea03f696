package transport

import (
	"net/http"
	"strings"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestOptionalCredential(t *testing.T) {
	const variable = "AGENTCLIENTS_TEST_ORGANIZATION"
	build := func(value string) (http.Header, error) {
		client, err := New(Config{
			Provider:    "test",
			Options:     agentclients.Options{BaseURL: "https://api.example.com"},
			Credentials: []Credential{{Field: "OrganizationID", Value: value, Env: []string{variable}, Header: "x-organization-id", Optional: true}},
		})
		if err != nil {
			return nil, err
		}
		header := make(http.Header)
		client.setHeader(header)
		return header, nil
	}

	t.Setenv(variable, "")
	header, err := build("")
	if err != nil {
		t.Fatal(err)
	}
	if values, sent := header["X-Organization-Id"]; sent {
		t.Errorf("sent without a value: %q", values)
	}
	if _, err := build("org\n1"); err == nil || !strings.Contains(err.Error(), "OrganizationID") {
		t.Errorf("a line break is not refused: %v", err)
	}

	t.Setenv(variable, "org_of_environment")
	for value, want := range map[string]string{"": "org_of_environment", "org_1": "org_1"} {
		header, err := build(value)
		if err != nil {
			t.Fatal(err)
		}
		if got := header.Get("X-Organization-Id"); got != want {
			t.Errorf("%q is sent as %q, want %q", value, got, want)
		}
	}
}
