package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

var secrets = NewSecrets(nil, []string{"llm_extra_headers"}, []string{"llm_credentials"})

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"a","api_key":"s3cret"}`:       `{"name":"a","api_key":"[redacted]"}`,
		`{"access_token": "s3cret" , "a":1}`:    `{"access_token": "[redacted]" , "a":1}`,
		`{"apiKey":{"a":["s3cret"]},"b":2}`:     `{"apiKey":"[redacted]","b":2}`,
		`{"api\u005fkey":"s3cret"}`:             `{"api\u005fkey":"[redacted]"}`,
		`{"a":{"client_secret":5}}`:             `{"a":{"client_secret":"[redacted]"}}`,
		`{"token":null}`:                        `{"token":null}`,
		`{"max_tokens":5,"tokens":{"input":1}}`: `{"max_tokens":5,"tokens":{"input":1}}`,
		`{"llm_extra_headers":{"X-A":"s3cret","X-B":["s3cret",1,true,null]},"a":1}`: `{"llm_extra_headers":{"X-A":"[redacted]","X-B":["[redacted]","[redacted]","[redacted]",null]},"a":1}`,
		`{"headers":{"Authorization":{"value":"s3cret","encrypted":true}}}`:         `{"headers":{"Authorization":"[redacted]"}}`,
		`{"llm_credentials":{"name":"n","value":"s3cret"},"a":"b"}`:                 `{"llm_credentials":{"name":"n","value":"[redacted]"},"a":"b"}`,
		`{"llm_credentials":[{"value":"s3cret","name":"n"},{"value":"s3cret"}]}`:    `{"llm_credentials":[{"value":"[redacted]","name":"n"},{"value":"[redacted]"}]}`,
		`{"llm_credentials":"s3cret"}`:                                              `{"llm_credentials":"[redacted]"}`,
		`{"api_key":"s3cr`:                                                          `{"api_key":"[redacted]"`,
		`{"llm_credentials":{"value":"s3c`:                                          `{"llm_credentials":{"value":"[redacted]"`,
		`{"api_key":`:                                                               `{"api_key":"[redacted]"`,
		`{"text":"5" tall","api_key":"s3cret"}`:                                     `{"text":"5" tall","api_key":"[redacted]"}`,
		`{"text":"5" tall","headers":{"a":"s3cret","b":"s3cret"},"token":s3cret}`:   `{"text":"5" tall","headers":"[redacted]","token":"[redacted]"}`,
		`{"text":"5" tall","api_key":"s3\"s3cret","token":null}`:                    `{"text":"5" tall","api_key":"[redacted]","token":null}`,
		`{"text":"5" tall é"api_key":"s3cret"}`:                                     `{"text":"5" tall é"api_key":"[redacted]"}`,
		`{"text":"5" tall éapi_key":"s3cret"}`:                                      `{"text":"5" tall éapi_key":"[redacted]"}`,
		"data: say \"hi\n\ndata: {\"api_key\":\"s3cret\"}\n\n":                      "data: say \"hi\n\ndata: {\"api_key\":\"[redacted]\"}\n\n",
		"data: \"a token: mine\"\n\ndata: {\"text\":\"a token: mine\"}\n\n":         "data: \"a token: mine\"\n\ndata: {\"text\":\"a token: mine\"}\n\n",
		`not json`:    `not json`,
		``:            ``,
		`"just text"`: `"just text"`,
	} {
		if got := string(secrets.Redact([]byte(text))); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
	if got := secrets.RedactQuery("a=b&api_key=x&key=y&Access-Token=z&flag"); got != "a=b&api_key=[redacted]&key=[redacted]&Access-Token=[redacted]&flag" {
		t.Errorf("the query became %s", got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte(`{"llm_credentials":{"value":"x"},"a":[1,{"api_key":true}]}`), "/a/1/api_key")
	f.Add([]byte(`{"headers":{"a":"\"`), "/headers")
	f.Fuzz(func(t *testing.T, data []byte, pointer string) {
		out := secrets.Redact(data)
		if json.Valid(data) && !json.Valid(out) {
			t.Errorf("%q became %q", data, out)
		}
		if CheckPointer(pointer) != nil {
			return
		}
		ValueAt(data, pointer)
		for _, edited := range [][]byte{
			first(Omit(data, pointer)), first(Put(data, pointer, "null")), first(AddMember(data, pointer, "new", "{}")), first(SetTimeDigits(data, 9)),
		} {
			if json.Valid(data) && !json.Valid(edited) {
				t.Errorf("%q at %q became %q", data, pointer, edited)
			}
		}
	})
}

func first[T any](value T, _ bool) T { return value }

func TestEdits(t *testing.T) {
	const text = ` {"a": {"b/c": [1, {"d": null}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `
	for _, c := range []struct {
		name string
		edit func([]byte) ([]byte, bool)
		want string
	}{
		{"omit first", func(d []byte) ([]byte, bool) { return Omit(d, "/a") }, ` {"t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"omit item", func(d []byte) ([]byte, bool) { return Omit(d, "/a/b~1c/1") }, ` {"a": {"b/c": [1, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"omit last", func(d []byte) ([]byte, bool) { return Omit(d, "/e") }, ` {"a": {"b/c": [1, {"d": null}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z" } `},
		{"omit only", func(d []byte) ([]byte, bool) { return Omit(d, "/a/b~1c/1/d") }, ` {"a": {"b/c": [1, {}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"put", func(d []byte) ([]byte, bool) { return Put(d, "/a", "5") }, ` {"a": 5, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"put new", func(d []byte) ([]byte, bool) { return Put(d, "/e/f", "5") }, ` {"a": {"b/c": [1, {"d": null}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {"f":5} } `},
		{"unknown", func(d []byte) ([]byte, bool) { return AddMember(d, "/a/b~1c", "new", "5") }, ` {"a": {"b/c": [1, {"d": null,"new":5}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"digits", func(d []byte) ([]byte, bool) { return SetTimeDigits(d, 0) }, strings.Replace(text, ".123456", "", 1)},
		{"more digits", func(d []byte) ([]byte, bool) { return SetTimeDigits(d, 9) }, strings.Replace(text, ".123456", ".123456000", 1)},
	} {
		if got, ok := c.edit([]byte(text)); !ok || string(got) != c.want {
			t.Errorf("%s: %v %s, want %s", c.name, ok, got, c.want)
		}
	}
	for _, pointer := range []string{"/x", "/a/b", "/a/b~1c/3", "/t/0", "/x/y"} {
		if _, ok := ValueAt([]byte(text), pointer); ok {
			t.Errorf("%s was found", pointer)
		}
		if _, ok := Omit([]byte(text), pointer); ok {
			t.Errorf("%s was taken away", pointer)
		}
	}
	if _, ok := Put([]byte(text), "/x/y", "1"); ok {
		t.Error("a member was put into an object that is not there")
	}
}

// Taking the secrets out takes no longer for text that is nested deeply.
func TestRedactIsQuick(t *testing.T) {
	const length = 64 << 10
	for name, text := range map[string]string{
		"lists in a credential": `{"llm_credentials":` + strings.Repeat("[", length),
		"containers":            strings.Repeat(`{"headers":`, length/11),
		"credentials":           strings.Repeat(`{"llm_credentials":`, length/19),
		"values":                `{"llm_credentials":` + strings.Repeat(`{"value":`, length/9),
		"names":                 strings.Repeat(`{"api_key":`, length/11),
		"quotes":                strings.Repeat(`"`, length),
		"names and quotes":      `"" ` + strings.Repeat(`a:"`, length/3),
		"lists and quotes":      `"" ` + strings.Repeat(`a:[`, length/3),
	} {
		began := time.Now()
		secrets.Redact([]byte(text))
		if took := time.Since(began); took > 200*time.Millisecond {
			t.Errorf("%s took %s", name, took)
		}
	}
}
