package compare

import (
	"maps"
	"slices"
	"sync"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/shape"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// maxFindings is how many differences are kept, each with its count.
const maxFindings = 1000

// Session is what is known of one namespace that is compared: which id is
// which, and what differed. The zero value knows nothing. It is safe for
// concurrent use.
type Session struct {
	mu       sync.Mutex
	ids      ids
	findings map[journal.Difference]*journal.Finding
	order    []*journal.Finding
	compared int
	skipped  map[string]int
}

// ForgetIDs forgets which id is which.
func (s *Session) ForgetIDs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = ids{}
}

// ForgetFindings forgets what differed.
func (s *Session) ForgetFindings() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.findings, s.order, s.compared, s.skipped = nil, nil, 0, nil
}

// MockPath is an escaped path with the ids of the mock.
func (s *Session) MockPath(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids.inPath(path)
}

// MockQuery is a raw query with the ids of the mock.
func (s *Session) MockQuery(query string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids.inQuery(query)
}

// MockBody is a JSON body with the ids of the mock.
func (s *Session) MockBody(body []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ids.mock) == 0 {
		return body
	}
	return jsontext.ReplaceStrings(body, s.ids.inValue)
}

// Knows reports whether ids of the mock are all known to be some of the real
// API, too.
func (s *Session) Knows(mock map[string]string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range mock {
		if s.ids.real[id] == "" {
			return false
		}
	}
	return true
}

// Response is a response that is compared.
type Response struct {
	Status      int
	ContentType string
	Body        []byte // not encoded
}

// Compare learns ids of two responses to the same request, and returns in what
// they differ.
func (s *Session) Compare(real, mock Response) []journal.Difference {
	found := compareHeads(real, mock)
	if real.Status != mock.Status && !(isSuccess(real.Status) && isSuccess(mock.Status)) {
		return marked(found, real.Status)
	}
	return marked(append(found, s.compareBodies(real, mock)...), real.Status)
}

// compareHeads compares what comes before the body. Of an error in place of a
// success nothing else is comparable.
func compareHeads(real, mock Response) (found []journal.Difference) {
	if real.Status != mock.Status {
		found = append(found, journal.Difference{Kind: journal.StatusDiffers, Real: statusText(real.Status), Mock: statusText(mock.Status)})
		if !isSuccess(real.Status) || !isSuccess(mock.Status) {
			return found
		}
	}
	if r, m := contentType(real.ContentType), contentType(mock.ContentType); r != m {
		found = append(found, journal.Difference{Kind: journal.ContentTypeDiffers, Real: r, Mock: m})
	}
	return found
}

// compareBodies compares the shapes of two bodies.
func (s *Session) compareBodies(real, mock Response) []journal.Difference {
	r, realOK := decode(real.Body)
	m, mockOK := decode(mock.Body)
	if !realOK || !mockOK {
		if is, want := describe(real.Body, realOK), describe(mock.Body, mockOK); is != want {
			return []journal.Difference{{Kind: journal.TypeDiffers, Real: is, Mock: want}}
		}
		return nil
	}
	if isSuccess(real.Status) && isSuccess(mock.Status) {
		r, m = s.pair(r, m)
	}
	return shape.Compare(shape.Of(r), shape.Of(m))
}

func (s *Session) pair(real, mock any) (any, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids.pair("", real, mock, 0)
}

// Record notes that a request was compared, and what differed.
func (s *Session) Record(call uint64, found []journal.Difference) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.compared++
	for _, d := range found {
		f := s.findings[d]
		if f == nil {
			if len(s.order) >= maxFindings {
				continue
			}
			if s.findings == nil {
				s.findings = make(map[journal.Difference]*journal.Finding)
			}
			f = &journal.Finding{Difference: d, First: call}
			s.findings[d] = f
			s.order = append(s.order, f)
		}
		f.Count++
		f.First, f.Last = min(f.First, call), max(f.Last, call)
	}
}

// Skip notes that a request was not compared, and why.
func (s *Session) Skip(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.skipped == nil {
		s.skipped = make(map[string]int)
	}
	s.skipped[reason]++
}

// Result is what is known of the differences of a namespace.
type Result struct {
	Findings []journal.Finding
	Compared int            // requests
	Skipped  map[string]int // requests that were not, by the reason
}

// Result returns what differed, in the order in which it showed.
func (s *Session) Result() Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Result{Findings: make([]journal.Finding, len(s.order)), Compared: s.compared, Skipped: maps.Clone(s.skipped)}
	for i, f := range s.order {
		r.Findings[i] = *f
	}
	return r
}

// marked gives differences the status of the real response.
func marked(found []journal.Difference, status int) []journal.Difference {
	found = slices.Clip(found)
	for i := range found {
		found[i].Status = status
	}
	return found
}
