package jsontext_test

import (
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

func TestReplaceStringsReplacesWholeValuesOnly(t *testing.T) {
	other := func(value string) (string, bool) { return "<" + value + ">", value == "id" || value == "é" }
	for in, want := range map[string]string{
		`{"id" : "id","n":"id2","l":["id", 1.0,"\u00e9"]}`: `{"id" : "<id>","n":"id2","l":["<id>", 1.0,"<é>"]}`,
		`"id"`:          `"<id>"`,
		`{"a":"id","b"`: `{"a":"<id>","b"`,
		`{"a":"id`:      `{"a":"id`,
		`id`:            `id`,
		``:              ``,
	} {
		if got := string(jsontext.ReplaceStrings([]byte(in), other)); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}
