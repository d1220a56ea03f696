package compare

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/agentclients/agentclients-go/mockserver/internal/shape"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// The bounds of what is kept of a stream. Of what comes beyond MaxBody bytes
// only the types of events are.
const (
	longestEvent = 4 << 20 // bytes; what follows a longer one is passed on only
	maxTypes     = 100     // of events
	maxUnpaired  = 100     // events of one type that the other stream has not sent yet
	longestOrder = 300     // bytes
)

// Events compares the events of a real stream and of the mock's to the same
// request, while both come: which types there are, in which order they come
// first, and the shapes of their data. It is safe for concurrent use.
type Events struct {
	session *Session
	changed chan struct{} // has one element when there is something new

	mu         sync.Mutex
	real, mock eventSide
	complete   bool // all of the real stream came
}

// eventSide is what came of one stream.
type eventSide struct {
	types map[string]*eventType
	order []string // types as they came first
	size  int      // bytes of data that were looked at
}

// eventType is what is known of the events of one type.
type eventType struct {
	shape    shape.Shape
	unpaired []any
}

// NewEvents returns the comparison of two streams that learns ids for a
// session.
func NewEvents(session *Session) *Events {
	return &Events{session: session, changed: make(chan struct{}, 1)}
}

// Changed has an element when Caught may say something else than before.
func (e *Events) Changed() <-chan struct{} { return e.changed }

// PassOn reads the real stream to its end and writes every byte as it comes,
// once the events in it are known. fromClient: it ended because of an error of
// write.
func (e *Events) PassOn(body io.Reader, write func([]byte) error) (fromClient bool, err error) {
	through := &passage{from: body, write: write}
	reader := newFrames(through)
	for {
		event, err := reader.next()
		if errors.Is(err, errTooLong) {
			if _, err = io.Copy(io.Discard, through); err == nil {
				err = through.flush()
			}
			return through.broken, err
		}
		if err != nil {
			if err == io.EOF {
				err = nil
				e.end()
			}
			err = errors.Join(err, through.flush())
			return through.broken, err
		}
		e.add(&e.real, &e.mock, event)
	}
}

// passage is a reader that passes on what was read before it reads more: what
// its own reader had the time to look at.
type passage struct {
	from    io.Reader
	write   func([]byte) error
	pending []byte
	broken  bool // write failed
}

func (p *passage) Read(into []byte) (int, error) {
	if err := p.flush(); err != nil {
		return 0, err
	}
	n, err := p.from.Read(into)
	p.pending = append(p.pending[:0], into[:n]...)
	return n, err
}

func (p *passage) flush() error {
	if len(p.pending) == 0 || p.broken {
		return nil
	}
	err := p.write(p.pending)
	p.pending, p.broken = p.pending[:0], err != nil
	return err
}

// Mock notes what the mock sends of its stream: whole frames.
func (e *Events) Mock(frames []byte) {
	for reader := newFrames(bytes.NewReader(frames)); ; {
		event, err := reader.next()
		if err != nil {
			return
		}
		e.add(&e.mock, &e.real, event)
	}
}

// end notes that all of the real stream came.
func (e *Events) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.complete = true
}

// notify expects the lock to be held.
func (e *Events) notify() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// add notes an event of one side. With the first one of the other side that
// has no counterpart yet, it tells which ids correspond.
func (e *Events) add(side, other *eventSide, event event) {
	value, isJSON := decode(event.data)
	if !isJSON {
		value = ""
	}
	name := typeOf(event, value, isJSON)
	e.mu.Lock()
	defer e.mu.Unlock()
	kind := side.typeNamed(name)
	if kind == nil {
		return
	}
	defer e.notify()
	if side.size += len(event.data); side.size > MaxBody {
		return // a stream can go on for days
	}
	if counterpart := other.types[name]; counterpart != nil && len(counterpart.unpaired) > 0 {
		opposite := counterpart.unpaired[0]
		counterpart.unpaired = counterpart.unpaired[1:]
		if side == &e.real {
			value, opposite = e.session.pair(value, opposite)
		} else {
			opposite, value = e.session.pair(opposite, value)
		}
		kind.shape.Add(value)
		counterpart.shape.Add(opposite)
		return
	}
	if len(kind.unpaired) == maxUnpaired {
		kind.shape.Add(value)
		return
	}
	kind.unpaired = append(kind.unpaired, value)
}

// typeNamed returns what is known of a type, nil if there are too many.
func (s *eventSide) typeNamed(name string) *eventType {
	if known := s.types[name]; known != nil {
		return known
	}
	if len(s.order) == maxTypes {
		return nil
	}
	if s.types == nil {
		s.types = make(map[string]*eventType)
	}
	s.types[name] = new(eventType)
	s.order = append(s.order, name)
	return s.types[name]
}

// typeOf is the type of an event: the field event, else the member "type" of
// its data, else a mark such as [DONE].
func typeOf(event event, value any, isJSON bool) string {
	const longestMark = 20
	record, _ := value.(map[string]any)
	name, _ := record["type"].(string)
	switch {
	case event.name != "":
		return shape.Clip(event.name, longestWord)
	case name != "":
		return shape.Clip(name, longestWord)
	case !isJSON && len(event.data) <= longestMark && bytes.HasPrefix(event.data, []byte("[")):
		return string(event.data)
	}
	return "message"
}

// Caught reports whether the mock has sent every type of event that the real
// API has sent so far.
func (e *Events) Caught() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range e.real.types {
		if e.mock.types[name] == nil {
			return false
		}
	}
	return true
}

// Compare returns in what the streams differ. What one side does not have is
// only a difference if that side had the time to send it.
func (e *Events) Compare(status int) []journal.Difference {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []journal.Difference
	for _, name := range e.real.order {
		if e.mock.types[name] == nil {
			found = append(found, journal.Difference{Kind: journal.EventMissing, Real: name})
		}
	}
	if e.complete {
		for _, name := range e.mock.order {
			if e.real.types[name] == nil {
				found = append(found, journal.Difference{Kind: journal.EventExtra, Mock: name})
			}
		}
	}
	real, mock := common(&e.real, &e.mock), common(&e.mock, &e.real)
	if !slices.Equal(real, mock) {
		found = append(found, journal.Difference{
			Kind: journal.EventOrder,
			Real: shape.Clip(strings.Join(real, ", "), longestOrder), Mock: shape.Clip(strings.Join(mock, ", "), longestOrder),
		})
	}
	for _, name := range real {
		for _, d := range shape.Compare(e.real.types[name].all(), e.mock.types[name].all()) {
			d.Event = name
			found = append(found, d)
		}
	}
	return marked(found, status)
}

// all is the shape of all events of the type.
func (t *eventType) all() *shape.Shape {
	for _, value := range t.unpaired {
		t.shape.Add(value)
	}
	t.unpaired = nil
	return &t.shape
}

// common are the types of one side that the other one has, too.
func common(side, other *eventSide) []string {
	return slices.DeleteFunc(slices.Clone(side.order), func(name string) bool { return other.types[name] == nil })
}
