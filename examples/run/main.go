// Run creates an agent on each API that can run one, asks it something and
// prints the answer as it streams. Then it does that again while the stream is
// cut in its middle, which the answer does not show. All of it happens on a
// mock in this process:
//
//	go run ./examples/run
package main

import (
	"context"
	"log"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

const question = "Is the north gate open?"

func main() {
	log.SetFlags(0)
	mock, err := mockserver.Listen(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	for _, api := range []string{mockserver.Agentloop, mockserver.Xpander} {
		reply := script.Reply{Text: "The north gate is open until ten.", Pace: 30 * time.Millisecond}
		mock.Script(api, reply, reply)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	onAgentloop(ctx, mock)
	onXpander(ctx, mock)
	onOmniflow(ctx, mock)
}
