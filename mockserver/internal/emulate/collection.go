package emulate

import (
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Collection holds the records of one kind: in the order of their creation,
// and by tenant and id. The zero value is empty and ready.
type Collection[T any] struct {
	first, last *record[T]
	index       map[recordKey]*record[T]
}

type recordKey struct{ tenant, id string }

type record[T any] struct {
	key            recordKey
	value          *T
	previous, next *record[T]
}

// Add appends a record. An id that is taken within the tenant is overwritten
// in place.
func (c *Collection[T]) Add(tenant, id string, value *T) {
	if existing := c.index[recordKey{tenant, id}]; existing != nil {
		existing.value = value
		return
	}
	r := &record[T]{key: recordKey{tenant, id}, value: value, previous: c.last}
	if c.last == nil {
		c.first = r
	} else {
		c.last.next = r
	}
	c.last = r
	if c.index == nil {
		c.index = make(map[recordKey]*record[T])
	}
	c.index[r.key] = r
}

// Get returns the record of a tenant, or nil.
func (c *Collection[T]) Get(tenant, id string) *T {
	if r := c.index[recordKey{tenant, id}]; r != nil {
		return r.value
	}
	return nil
}

// Rename moves a record to another id. It reports false, and changes nothing,
// if there is no such record or the new id is taken.
func (c *Collection[T]) Rename(tenant, id, newID string) bool {
	r := c.index[recordKey{tenant, id}]
	if r == nil || c.index[recordKey{tenant, newID}] != nil {
		return false
	}
	delete(c.index, r.key)
	r.key.id = newID
	c.index[r.key] = r
	return true
}

// Remove drops a record and reports whether it was there.
func (c *Collection[T]) Remove(tenant, id string) bool {
	r := c.index[recordKey{tenant, id}]
	if r == nil {
		return false
	}
	delete(c.index, r.key)
	if r.previous == nil {
		c.first = r.next
	} else {
		r.previous.next = r.next
	}
	if r.next == nil {
		c.last = r.previous
	} else {
		r.next.previous = r.previous
	}
	return true
}

// Len counts the records of all tenants.
func (c *Collection[T]) Len() int { return len(c.index) }

// OldestFirst yields the records of one tenant in the order of creation.
func (c *Collection[T]) OldestFirst(tenant string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for r := c.first; r != nil; r = r.next {
			if r.key.tenant == tenant && !yield(r.value) {
				return
			}
		}
	}
}

// NewestFirst yields the records of one tenant, the last one made first.
func (c *Collection[T]) NewestFirst(tenant string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for r := c.last; r != nil; r = r.previous {
			if r.key.tenant == tenant && !yield(r.value) {
				return
			}
		}
	}
}

// All yields the records of every tenant in the order of creation.
func (c *Collection[T]) All() iter.Seq2[string, *T] {
	return func(yield func(tenant string, value *T) bool) {
		for r := c.first; r != nil; r = r.next {
			if !yield(r.key.tenant, r.value) {
				return
			}
		}
	}
}

// AgentsOf lists the records that are agents, in the order of creation.
// describe says who an agent is and what a read of it responds; nil: it is
// none any more.
func AgentsOf[T any](records *Collection[T], describe func(*T) *Agent) []Agent {
	var agents []Agent
	for tenant, record := range records.All() {
		if agent := describe(record); agent != nil {
			if agent.Tenant == "" {
				agent.Tenant = tenant
			}
			agents = append(agents, *agent)
		}
	}
	return agents
}

// storedRecord is how a record is written to a snapshot.
type storedRecord[T any] struct {
	Tenant string `json:"tenant,omitempty"`
	ID     string `json:"id"`
	Record *T     `json:"record"`
}

// MarshalJSON writes the records in the order of creation.
func (c *Collection[T]) MarshalJSON() ([]byte, error) {
	stored := make([]storedRecord[T], 0, len(c.index))
	for r := c.first; r != nil; r = r.next {
		stored = append(stored, storedRecord[T]{r.key.tenant, r.key.id, r.value})
	}
	return jsontext.Marshal(stored)
}

// RecordReader is a record that reads itself from a document. People write
// documents by hand: what one leaves out gets the value that makes the record
// live and complete, as far as there is one.
type RecordReader interface {
	ReadRecord(tenant, id string, document json.RawMessage) error
}

// UnmarshalJSON reads what MarshalJSON wrote, or a person. A record that is
// there twice is an error: none takes the place of another.
func (c *Collection[T]) UnmarshalJSON(data []byte) error {
	var stored []storedRecord[json.RawMessage]
	if err := json.Unmarshal(data, &stored); err != nil {
		return err
	}
	*c = Collection[T]{}
	for i, s := range stored {
		if c.Get(s.Tenant, s.ID) != nil {
			return fmt.Errorf("record %d: there is one with the id %.80q already", i, s.ID)
		}
		document := json.RawMessage("{}")
		if s.Record != nil && !jsontext.IsNull(*s.Record) {
			document = *s.Record
		}
		record := new(T)
		var err error
		if reader, ok := any(record).(RecordReader); ok {
			err = reader.ReadRecord(s.Tenant, s.ID, document)
		} else if s.Record != nil {
			err = json.Unmarshal(*s.Record, record)
		}
		if err != nil {
			return err
		}
		c.Add(s.Tenant, s.ID, record)
	}
	return nil
}

// FreeID returns the first id that make gives and no record of the tenant has.
func (c *Collection[T]) FreeID(tenant string, make func() string) string {
	for {
		if id := make(); c.Get(tenant, id) == nil {
			return id
		}
	}
}

// Record is one record as it is stored.
type Record struct {
	Tenant string          `json:"tenant"`
	ID     string          `json:"id"`
	JSON   json.RawMessage `json:"record"`
}

// Summary is what people want to see of a record in a list, as far as its
// members do not tell it themselves.
type Summary struct {
	Name, Status string
	// IDs are what requests call it besides its id.
	IDs []string
}

// Summarizer is a record that knows its summary.
type Summarizer interface{ Summary() Summary }

// SummarizedRecord is a record with its summary, which is empty if it is no
// Summarizer.
type SummarizedRecord struct {
	Record
	Summary Summary
}

// Find returns the records of every tenant that have an id.
func (c *Collection[T]) Find(id string) []Record {
	var found []Record
	for r := c.first; r != nil; r = r.next {
		if r.key.id == id {
			found = append(found, Record{r.key.tenant, id, jsontext.MustMarshal(r.value)})
		}
	}
	return found
}

// Newest returns the newest records of all tenants together, at most that
// many, oldest first.
func (c *Collection[T]) Newest(limit int) []SummarizedRecord {
	var found []SummarizedRecord
	for r := c.last; r != nil && len(found) < limit; r = r.previous {
		one := SummarizedRecord{Record: Record{r.key.tenant, r.key.id, jsontext.MustMarshal(r.value)}}
		if summarizer, ok := any(r.value).(Summarizer); ok {
			one.Summary = summarizer.Summary()
		}
		found = append(found, one)
	}
	slices.Reverse(found)
	return found
}

// Finder finds records of one kind: a *Collection.
type Finder interface {
	Find(id string) []Record
	Newest(limit int) []SummarizedRecord
}

// Finders are the collections of a state by the names that they have in JSON.
func Finders(state any) map[string]Finder {
	finders := make(map[string]Finder)
	fields := reflect.ValueOf(state).Elem()
	for i := range fields.NumField() {
		if !fields.Type().Field(i).IsExported() {
			continue
		}
		name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("json"), ",")
		if finder, ok := fields.Field(i).Addr().Interface().(Finder); ok {
			finders[name] = finder
		}
	}
	return finders
}
