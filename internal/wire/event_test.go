package wire

import "testing"

func TestErrorEvent(t *testing.T) {
	for data, want := range map[string]string{
		"":                          `{"type":"error","data":""}`,
		" ":                         `{"type":"error","data":""}`,
		"null":                      `{"type":"error","data":""}`,
		"{}":                        `{"type":"error","data":""}`,
		`{"type":null}`:             `{"type":"error","data":""}`,
		"busy, try \"later\"\n":     `{"type":"error","data":"busy, try \"later\""}`,
		`"busy"`:                    `{"type":"error","data":"busy"}`,
		`["busy"]`:                  `{"type":"error","data":"[\"busy\"]"}`,
		`{"message":"busy"}`:        `{"type":"error","message":"busy"}`,
		`{"type":7,"detail":"x"}`:   `{"type":"error","detail":"x"}`,
		`{"type":"busy","data":{}}`: `{"type":"busy","data":{}}`,
		`{"message":`:               `{"type":"error","data":"{\"message\":"}`,
		"\xff":                      `{"type":"error","data":"\ufffd"}`,
	} {
		if got := string(ErrorEvent([]byte(data))); got != want {
			t.Errorf("%q: %s, not %s", data, got, want)
		}
	}
}
