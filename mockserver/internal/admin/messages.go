package admin

import (
	"net/http"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

type messageRequest struct {
	// API is whose agents get the message.
	API string `json:"api"`
	// Conversation is the id of the conversation that it goes on with; none:
	// from and to say which.
	Conversation string `json:"conversation,omitempty"`
	// From is the address of the person.
	From string `json:"from,omitempty"`
	// To is what the person writes to, where from alone does not tell.
	To string `json:"to,omitempty"`
	// Text is what the person writes.
	Text string `json:"text"`
}

type receivedView struct {
	// Conversation is the id of the conversation that the message is in.
	Conversation string `json:"conversation"`
	// Message is the id of the message.
	Message string `json:"message"`
}

// receive lets an API receive a message of a person.
func (c *call) receive() error {
	var request messageRequest
	if err := c.read(&request); err != nil {
		return err
	}
	if request.API == "" {
		return refuse(http.StatusBadRequest, "api is missing; messages of persons are received by %s", jsontext.Quote(c.engine.Receivers()))
	}
	w, err := c.namespace()
	if err != nil {
		return err
	}
	received, err := w.Receive(request.API, script.Inbound{
		Conversation: request.Conversation, From: request.From, To: request.To, Text: request.Text,
	})
	if err != nil {
		return badRequest(err)
	}
	return c.respond(http.StatusCreated, receivedView(received))
}
