package fault

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A body that is JSON needs no quotes.
func TestBodyMayBeJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{ "a" : [1, "b c"] }`: `{"a":[1,"b c"]}`,
		`[]`:                   `[]`,
		`"{\"a\": 1}"`:         `{"a": 1}`,
	} {
		var read Fault
		if err := json.Unmarshal([]byte(`{"status":200,"body":`+text+`}`), &read); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got, want := read.String(), Status(200, Body(want)).String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestFaultJSON(t *testing.T) {
	for text, one := range map[string]Fault{
		`{"status":429,"retry_after":"2s"}`:                                        Status(429, RetryAfter(2*time.Second)),
		`{"status":500,"header":{"X-A":"b"},"body":"text","stage":"after-commit"}`: Status(500, Header("x-a", "b"), Body("text"), AfterCommit),
		`{"delay":"50ms"}`:                                Delay(50 * time.Millisecond),
		`{"stall":{}}`:                                    Stall(),
		`{"drop":{}}`:                                     Drop(),
		`{"drop":{},"stage":"before-read"}`:               Drop(BeforeRead),
		`{"reset":{}}`:                                    Reset(),
		`{"truncate":10}`:                                 Truncate(10),
		`{"malformed":{}}`:                                Malformed(),
		`{"html":{},"status":502}`:                        HTML(502),
		`{"slow_body":{"chunk":1,"pause":"10ms"}}`:        SlowBody(1, 10*time.Millisecond),
		`{"redirect":"https://x.test/?a&b","status":308}`: Redirect(308, "https://x.test/?a&b"),
		`{"unknown_field":""}`:                            UnknownField(""),
		`{"unknown_enum":"/status"}`:                      UnknownEnum("/status"),
		`{"null":"/a~1b"}`:                                Null("/a~1b"),
		`{"omit":"/a/0"}`:                                 Omit("/a/0"),
		`{"time_digits":0}`:                               TimeDigits(0),
		`{"then":[{"delay":"1s"},{"drop":{},"stage":"after-commit"}]}`: Then(Delay(time.Second), Drop(AfterCommit)),
	} {
		if got := one.String(); got != text {
			t.Errorf("written as %s, want %s", got, text)
		}
		var read Fault
		if err := json.Unmarshal([]byte(text), &read); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := read.String(); got != text {
			t.Errorf("%s read and written is %s", text, got)
		}
	}
}

func TestFaultErrors(t *testing.T) {
	for text, want := range map[string]string{
		`5`:                                                 `a fault must be a JSON object such as {"status":503}`,
		`{}`:                                                `the object names no fault; there are "status", "delay", "stall", "drop"`,
		`{"dropp":{}}`:                                      `unknown fault "dropp"; there are "status", "delay"`,
		`{"drop":{},"reset":{}}`:                            `one object names the faults "drop", "reset"; give one each and put them together with "then"`,
		`{"drop":{},"status":500}`:                          `one object names the faults "drop", "status"`,
		`{"drop":5}`:                                        `fault "drop": must be {}`,
		`{"drop":{"a":1}}`:                                  `fault "drop": must be {}`,
		`{"drop":{},"stage":"after"}`:                       `fault "drop": unknown stage "after"; there are "before-read", "before-commit", "after-commit"`,
		`{"drop":{},"stage":5}`:                             `stage must be one of "before-read"`,
		`{"drop":{},"retry_after":"1s"}`:                    `fault "drop": it makes no response`,
		`{"drop":{},"body":"x"}`:                            `fault "drop": it takes no "body"`,
		`{"status":99}`:                                     `fault "status": status is 99; allowed is 200 to 599`,
		`{"status":204,"body":"x"}`:                         `fault "status": status is 204, with which no response has a body`,
		`{"html":{},"status":304}`:                          `fault "html": status is 304, with which no response has a body`,
		`{"null":"/a~b"}`:                                   `fault "null": "/a~b" is not a JSON pointer: a "~" in a name is written "~0", a slash "~1"`,
		`{"status":"x"}`:                                    `fault "status": must be a status code`,
		`{"status":429,"retry_after":2}`:                    `retry_after must be a duration such as "50ms" or "2s"`,
		`{"status":429,"retry_after":"-2s"}`:                `retry_after is -2s; it must not be negative`,
		`{"status":429,"header":{"a":1}}`:                   `header must be an object of strings`,
		`{"status":429,"header":{"a b":"x"}}`:               `is not a valid header`,
		`{"status":429,"header":{"a":"x\r\ny"}}`:            `is not a valid header`,
		`{"status":429,"body":5}`:                           `body must be a string, or an object or an array to send as JSON`,
		`{"status":429,"body":null}`:                        `body must be a string`,
		`{"delay":"soon"}`:                                  `fault "delay": must be a duration such as "50ms" or "2s"`,
		`{"delay":"-1s"}`:                                   `fault "delay": duration is -1s; it must not be negative`,
		`{"truncate":-1}`:                                   `fault "truncate": number of bytes is -1`,
		`{"truncate":1.5}`:                                  `fault "truncate": must be a whole number`,
		`{"truncate":1,"stage":"before-read"}`:              `fault "truncate": it changes a response`,
		`{"slow_body":{"chunk":0,"pause":"1s"}}`:            `fault "slow_body": chunk is 0; it must be at least 1 byte`,
		`{"slow_body":{}}`:                                  `fault "slow_body": must be a duration`,
		`{"slow_body":{"chunks":1}}`:                        `fault "slow_body": must be {"chunk":1,"pause":"10ms"}`,
		`{"redirect":"/x","status":200}`:                    `fault "redirect": status is 200; allowed are 301, 302, 303, 307 and 308`,
		`{"redirect":""}`:                                   `fault "redirect": the address is not a URL`,
		`{"redirect":5}`:                                    `fault "redirect": must be a string`,
		`{"null":"a"}`:                                      `fault "null": "a" is not a JSON pointer: it must begin with a slash`,
		`{"omit":""}`:                                       `fault "omit": the JSON pointer is empty`,
		`{"time_digits":10}`:                                `fault "time_digits": number of digits is 10; allowed is 0 to 9`,
		`{"then":[]}`:                                       `fault "then": the list is empty`,
		`{"then":{}}`:                                       `fault "then": must be a list of faults`,
		`{"then":[{"drop":{}},{"x":1}]}`:                    `fault "then": fault 2: unknown fault "x"`,
		`{"then":[{"drop":{}},{"delay":"1s"}]}`:             `fault "delay" can never happen: "drop" at stage "before-commit" ends the request before it`,
		`{"then":[{"malformed":{}}],"stage":"before-read"}`: `fault "malformed" changes a response`,
	} {
		_, err := ParseRule([]byte(`{"op":"omniflow.CreateAgent","do":[` + text + `]}`))
		if err == nil { // what is wrong with the whole shows when the rule is added
			rule, _ := ParseRule([]byte(`{"op":"omniflow.CreateAgent","do":[` + text + `]}`))
			_, err = Steps(rule.Stage, rule.Do...)
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error is %v, want %s", text, err, want)
		}
	}
}
