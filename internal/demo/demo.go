// Package demo is what the example programs share.
package demo

import (
	"fmt"
	"log"

	"github.com/agentclients/agentclients-go/mockserver"
)

// Mock starts a mock of all five APIs in this process, which lasts as long as
// the program, and returns the base URL of one of them. It says so, and that
// the reason is the variable, which is not set.
func Mock(api mockserver.API, variable string) (baseURL string) {
	mock, err := mockserver.Listen(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(variable, "is not set: using the mock")
	return mock.URL(api)
}
