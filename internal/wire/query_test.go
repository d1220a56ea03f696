package wire

import "testing"

func TestQuery(t *testing.T) {
	q := NewQuery()
	q.Text("none", "")
	q.Number("zero", 0)
	q.Flag("off", false)
	if got := q.Encode(); got != "" {
		t.Errorf("zero values are sent: %s", got)
	}
	q.Text("search", "a&b c")
	q.Number("limit", 20)
	q.Flag("all", true)
	if got := q.Encode(); got != "all=true&limit=20&search=a%26b+c" {
		t.Errorf("got %s", got)
	}
}
