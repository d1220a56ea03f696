package jsontext

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// Bodies are read as encoding/json reads them.
func FuzzParseObject(f *testing.F) {
	for _, body := range []string{
		`{}`, ` {"a":1,"a":[2] , "\u0062":{"c":null}} `, `{"a":"\"}","b":-1e999}`, `{"":""}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a" 1}`,
		`{}{}`, `[]`, `null`, `"x"`, ``, "{\"\xff\":1}", `{"a":[[],[{}],1,"]"]}`, strings.Repeat(`{"a":`, 20_000),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := ParseObject(body)
		var want Object
		wantErr := json.Unmarshal(body, &want)
		switch {
		case err == nil && wantErr == nil:
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", body, diff)
			}
			for _, raw := range want {
				items, ok := Items(raw)
				var wantItems []json.RawMessage
				wantOK := raw[0] == '[' && json.Unmarshal(raw, &wantItems) == nil
				if diff := cmp.Diff(wantItems, items); ok != wantOK || diff != "" {
					t.Errorf("%s: %v (-want +got):\n%s", raw, ok, diff)
				}
			}
		case errors.Is(err, ErrNotUTF8) && !utf8.Valid(body): // encoding/json lets it pass
		case errors.Is(err, ErrNotObject) && strings.TrimSpace(string(body)) == "null": // it reads null as nothing
		case (err == nil) != (wantErr == nil):
			t.Errorf("%q: error is %v, want %v", body, err, wantErr)
		}
	})
}
