package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// create makes one agent, or what comes nearest to one in another API.
type create func(context.Context) error

// subject is one way to create an agent.
type subject struct {
	name   string
	module string // whose version the table names, "" if it has none
	answer []byte // to the create, with status 201
	// connect returns the create that sends to a base URL with an http.Client.
	// Retries are those that the subject does by default.
	connect func(baseURL string, httpClient *http.Client) create
	// key returns by what the API recognizes that a create came twice. Nil: by
	// nothing.
	key func(header http.Header, body []byte) string
}

// subjects are all ways, by hand first.
func subjects() []subject {
	return []subject{
		byHand("by hand", 0),
		byHand("by hand, with a timeout", time.Minute),
		agentloopCreate(),
		omniflowCreate(),
		openAI(),
		anthropicAgent(),
		gitHub(),
		hetzner(),
		stripeCustomer(),
		restyPost("resty", 0),
		restyPost("resty, SetRetryCount(2)", 2),
	}
}

// What every create says, and how long its response is, so that they differ by
// the libraries only.
const (
	agentName   = "Customer Support Agent"
	description = "Handles customer inquiries and support tickets"
	model       = "gpt-4o-mini"
	secret      = "sk_test_0123456789abcdef"
	answerSize  = 1000
)

// prompt is the longest part of a create.
var prompt = strings.Repeat("You are a helpful customer support agent. Be polite and professional. ", 5)

// answerOf returns the JSON of an object whose member long is as long as it
// takes to make answerSize bytes.
func answerOf(object map[string]any, long string) []byte { return answerWith(object, object, long) }

// answerWith is answerOf for an object that has the long member within another
// one.
func answerWith(object, within map[string]any, long string) []byte {
	within[long] = ""
	within[long] = strings.Repeat("x", answerSize-len(encode(object)))
	return encode(object)
}

func encode(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", value, err))
	}
	return body
}
