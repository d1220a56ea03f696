package xpander

import (
	"strings"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

var errorBodies = []struct {
	name   string
	status int
	body   string
	want   agentclients.Error
	kind   error
}{
	{"text", 401, `{"detail":"Invalid or missing API key"}`,
		agentclients.Error{Message: "Invalid or missing API key"}, agentclients.ErrUnauthorized},
	{"another organization", 403, `{"detail":"Forbidden"}`,
		agentclients.Error{Message: "Forbidden"}, agentclients.ErrForbidden},
	{"list", 422, `{"detail":[{"loc":["body","name"],"msg":"Field required","type":"missing"},{"loc":["body","instructions","role",0],"msg":"Input should be a valid string","type":"string_type"},{"loc":["query","page"],"msg":"too small","type":"greater_than_equal"}]}`,
		agentclients.Error{Fields: []agentclients.FieldError{
			{Path: "name", Message: "Field required"},
			{Path: "instructions.role[0]", Message: "Input should be a valid string"},
			{Path: "query.page", Message: "too small"},
		}}, agentclients.ErrBadRequest},
	{"the whole body", 422, `{"detail":[{"loc":["body"],"msg":"Field required","type":"missing"}]}`,
		agentclients.Error{Fields: []agentclients.FieldError{{Path: "body", Message: "Field required"}}}, agentclients.ErrBadRequest},
	{"object", 400, `{"detail":{"code":"quota","message":"No more agents"}}`,
		agentclients.Error{Code: "quota", Message: "No more agents"}, agentclients.ErrBadRequest},
	{"object with an error", 400, `{"detail":{"error":"No more agents"}}`,
		agentclients.Error{Message: "No more agents"}, agentclients.ErrBadRequest},
	{"unknown object", 400, `{"detail":{"reason":"x"}}`,
		agentclients.Error{Message: `{"reason":"x"}`}, agentclients.ErrBadRequest},
	{"detail in detail", 403, `{"detail":{"detail":{"detail":"Plan limit reached"}},"request_id":"req_1"}`,
		agentclients.Error{Message: "Plan limit reached", RequestID: "req_1"}, agentclients.ErrForbidden},
	{"list in detail", 422, `{"detail":{"detail":[{"loc":["body","name"],"msg":"Field required"}]}}`,
		agentclients.Error{Fields: []agentclients.FieldError{{Path: "name", Message: "Field required"}}}, agentclients.ErrBadRequest},
	{"printed by Python", 429, `{"detail":"429: {'detail': {'detail': {'detail': 'Plan limit reached'}}}"}`,
		agentclients.Error{Message: "Plan limit reached"}, agentclients.ErrRateLimited},
	{"printed by Python with all its words", 429, `{"detail":"429: {'message': \"You're at 100%\", 'retry': None, 'paid': False, 'full': True, 'used': [1, -2.5]}"}`,
		agentclients.Error{Message: "You're at 100%"}, agentclients.ErrRateLimited},
	{"printed by Python with escapes", 429, `{"detail":"{'detail': 'It\\'s \"over\": \\u00e9\\\\'}"}`,
		agentclients.Error{Message: `It's "over": é\`}, agentclients.ErrRateLimited},
	{"list printed by Python", 422, `{"detail":"422: [{'loc': ('body', 'name'), 'msg': 'Field required'}, {'loc': ('body',), 'msg': 'bad'}]"}`,
		agentclients.Error{Fields: []agentclients.FieldError{{Path: "name", Message: "Field required"}, {Path: "body", Message: "bad"}}}, agentclients.ErrBadRequest},
	{"JSON in a text", 429, `{"detail":"429: {\"detail\":\"Slow down\"}"}`,
		agentclients.Error{Message: "Slow down"}, agentclients.ErrRateLimited},
	{"not quite Python", 429, `{"detail":"429: {'detail': datetime(1)}"}`,
		agentclients.Error{Message: "429: {'detail': datetime(1)}"}, agentclients.ErrRateLimited},
	{"text with a status", 429, `{"detail":"429: Too many requests"}`,
		agentclients.Error{Message: "429: Too many requests"}, agentclients.ErrRateLimited},
	{"without detail", 404, `{"message":"gone"}`,
		agentclients.Error{Message: "gone"}, agentclients.ErrNotFound},
	{"server error", 500, `{"detail":"Internal Server Error"}`,
		agentclients.Error{Message: "Internal Server Error"}, agentclients.ErrServer},
	{"HTML", 502, "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>",
		agentclients.Error{Message: "502 Bad Gateway 502 Bad Gateway"}, agentclients.ErrServer},
	{"empty", 404, "", agentclients.Error{}, agentclients.ErrNotFound},
}

func TestErrorBodies(t *testing.T) {
	for _, test := range errorBodies {
		t.Run(test.name, func(t *testing.T) {
			testkit.Explains(t, suite, createSample, test.status, test.body, test.want, test.kind)
		})
	}
}

func TestDetailsWithoutEnd(t *testing.T) {
	body := []byte(strings.Repeat(`{"detail":`, 1000) + `"deep"` + strings.Repeat("}", 1000))
	e := &agentclients.Error{Body: body}
	readError(e)
	if e.Message == "" || string(e.Body) != string(body) {
		t.Errorf("message %q, body changed: %v", e.Message, string(e.Body) != string(body))
	}
}
