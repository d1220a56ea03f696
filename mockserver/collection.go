package mockserver

import (
	"encoding/json"
	"iter"
)

// collection holds the records of one kind: in the order of their creation,
// and by tenant and id. The zero value is empty and ready. It is guarded by
// the lock of its namespace.
type collection[T any] struct {
	first, last *record[T]
	index       map[recordKey]*record[T]
}

type recordKey struct{ tenant, id string }

type record[T any] struct {
	key            recordKey
	value          *T
	previous, next *record[T]
}

// add appends a record. An id that is taken within the tenant is overwritten
// in place.
func (c *collection[T]) add(tenant, id string, value *T) {
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

// get returns the record of a tenant, or nil.
func (c *collection[T]) get(tenant, id string) *T {
	if r := c.index[recordKey{tenant, id}]; r != nil {
		return r.value
	}
	return nil
}

// rename moves a record to another id. It reports false, and changes nothing,
// if there is no such record or the new id is taken.
func (c *collection[T]) rename(tenant, id, newID string) bool {
	r := c.index[recordKey{tenant, id}]
	if r == nil || c.index[recordKey{tenant, newID}] != nil {
		return false
	}
	delete(c.index, r.key)
	r.key.id = newID
	c.index[r.key] = r
	return true
}

// remove drops a record and reports whether it was there.
func (c *collection[T]) remove(tenant, id string) bool {
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

// len counts the records of all tenants.
func (c *collection[T]) len() int { return len(c.index) }

// oldestFirst yields the records of one tenant in the order of creation.
func (c *collection[T]) oldestFirst(tenant string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for r := c.first; r != nil; r = r.next {
			if r.key.tenant == tenant && !yield(r.value) {
				return
			}
		}
	}
}

// newestFirst yields the records of one tenant, the last one made first.
func (c *collection[T]) newestFirst(tenant string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for r := c.last; r != nil; r = r.previous {
			if r.key.tenant == tenant && !yield(r.value) {
				return
			}
		}
	}
}

// all yields the records of every tenant in the order of creation.
func (c *collection[T]) all() iter.Seq2[string, *T] {
	return func(yield func(tenant string, value *T) bool) {
		for r := c.first; r != nil; r = r.next {
			if !yield(r.key.tenant, r.value) {
				return
			}
		}
	}
}

// agentsOf lists the records that are agents, in the order of creation.
// describe says who an agent is and what a read of it answers; nil: it is none
// any more.
func agentsOf[T any](records *collection[T], describe func(*T) *Agent) []Agent {
	var agents []Agent
	for tenant, record := range records.all() {
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
	Tenant string `json:"tenant"`
	ID     string `json:"id"`
	Record *T     `json:"record"`
}

// MarshalJSON writes the records in the order of creation.
func (c *collection[T]) MarshalJSON() ([]byte, error) {
	stored := make([]storedRecord[T], 0, len(c.index))
	for r := c.first; r != nil; r = r.next {
		stored = append(stored, storedRecord[T]{r.key.tenant, r.key.id, r.value})
	}
	return marshal(stored)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *collection[T]) UnmarshalJSON(data []byte) error {
	var stored []storedRecord[T]
	if err := json.Unmarshal(data, &stored); err != nil {
		return err
	}
	*c = collection[T]{}
	for _, s := range stored {
		if s.Record == nil {
			s.Record = new(T)
		}
		c.add(s.Tenant, s.ID, s.Record)
	}
	return nil
}
