package wire

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestEncodeDoesNotEscapeHTML: what is encoded is what an Encoder writes that
// was told not to escape HTML.
func TestEncodeDoesNotEscapeHTML(t *testing.T) {
	for _, text := range []string{
		"", "<", "a <b> & c", `\`, `\\`, `\u003c`, `\\u003e<`, "\\\n<", `"<"`, "\x00<\x1f", "\u2028&\u2029", "é>\xff", "<\\",
	} {
		value := map[string]any{text: []any{text, json.RawMessage(`"\\u0026 <"`)}}
		got, err := Encode(value, nil)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			t.Fatal(err)
		}
		if string(got) != string(bytes.TrimSpace(want.Bytes())) {
			t.Errorf("%q is encoded as %s, not %s", text, got, want.Bytes())
		}
	}
}
