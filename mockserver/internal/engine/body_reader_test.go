package engine

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// dribble gives a body piece by piece, and knows the largest buffer that it
// was to fill.
type dribble struct {
	rest    []byte
	piece   int
	largest int
}

func (d *dribble) Read(into []byte) (int, error) {
	d.largest = max(d.largest, len(into))
	if len(d.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(into, d.rest[:min(d.piece, len(d.rest))])
	d.rest = d.rest[n:]
	return n, nil
}

// What a request announces costs nothing: the memory for its body grows with
// what came of it.
func TestMemoryFollowsWhatWasReceived(t *testing.T) {
	for _, length := range []int64{maxBody, -1} {
		for _, received := range []int{0, 1, 5000, 100_000, maxBody} {
			want := bytes.Repeat([]byte("x"), received)
			body := &dribble{rest: want, piece: 1400}
			r := httptest.NewRequest(http.MethodPost, "/", body)
			r.ContentLength = length
			got, err := newToyEngine(t, Config{}).ReadBody(httptest.NewRecorder(), r)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d of %d: error %v, %d bytes", received, length, err, len(got))
			}
			if body.largest > received+firstBuffer+1 || cap(got) > 2*received+firstBuffer+1 {
				t.Errorf("%d of %d: a buffer of %d was to be filled, %d are kept", received, length, body.largest, cap(got))
			}
		}
	}
}

// A body is as long as it is, whatever a request that was made by hand says.
func TestBodyThatIsCountedWrongly(t *testing.T) {
	for _, c := range []struct {
		length   int64
		received int
		tooLong  bool
	}{
		{10, 3, false}, {3, 10, false}, {3, 100_000, false}, {-1, maxBody, false}, {3, maxBody + 1, true}, {-1, maxBody + 1, true}, {maxBody + 1, 3, true},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(make([]byte, c.received)))
		r.ContentLength = c.length
		got, err := newToyEngine(t, Config{}).ReadBody(httptest.NewRecorder(), r)
		tooLong := (*http.MaxBytesError)(nil)
		if errors.As(err, &tooLong) != c.tooLong || !c.tooLong && (err != nil || len(got) != c.received) {
			t.Errorf("%+v: %d bytes, error %v", c, len(got), err)
		}
	}
}
