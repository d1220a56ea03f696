// Command compare compares the clients of this module with code by hand and
// with clients of others: what a create costs, what each does when the network
// or the server fails, and how fast events are read.
//
//	cd internal/compare && go run .
//
// All ratios are of one run, of short rounds in turn. Whatever waits does so in
// virtual time, which is for tests only: hence the program is one.
package main

import (
	"fmt"
	"os"
	"testing"
)

func main() {
	everything := func(_, _ string) (bool, error) { return true, nil }
	testing.Main(everything, []testing.InternalTest{{Name: "Table", F: func(t *testing.T) {
		text, err := table(t)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Print(text)
		os.Exit(0) // package testing would print a verdict below it
	}}}, nil, nil)
}
