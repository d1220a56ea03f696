package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Consumer takes jobs, one after the other. It is not safe for concurrent use.
type Consumer struct {
	queue *Queue
	name  string
	next  time.Time // when to look for leases that are over
}

// Consumer returns a consumer. Its name must be that of no other one that is
// or was: leases are told apart by it.
func (q *Queue) Consumer(name string) *Consumer { return &Consumer{queue: q, name: name} }

// Take returns a job whose lease is over, or else a new one. If there is none,
// it waits for one for a part of a lease, and then returns nil.
func (c *Consumer) Take(ctx context.Context) (*Lease, error) {
	block := min(c.queue.lease/4, time.Second)
	ctx, cancel := context.WithTimeout(ctx, block+callTimeout)
	defer cancel()
	if !time.Now().Before(c.next) {
		messages, _, err := c.queue.client.XAutoClaim(ctx, &redis.XAutoClaimArgs{
			Stream: c.queue.jobs, Group: group, Consumer: c.name, MinIdle: c.queue.lease, Start: "0-0", Count: 1,
		}).Result()
		switch {
		case err != nil:
			return nil, forgotten(c.queue.jobs, err)
		case len(messages) > 0:
			return c.again(ctx, messages[0])
		}
		c.next = time.Now().Add(block)
	}
	streams, err := c.queue.client.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: group, Consumer: c.name, Streams: []string{c.queue.jobs, ">"}, Count: 1, Block: block,
	}).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, forgotten(c.queue.jobs, err)
	case len(streams) == 0 || len(streams[0].Messages) == 0:
		return nil, nil
	}
	return c.lease(streams[0].Messages[0]), nil
}

// again returns a job that somebody else had, and whether it had begun.
func (c *Consumer) again(ctx context.Context, message redis.XMessage) (*Lease, error) {
	lease := c.lease(message)
	tokens, err := c.queue.client.HMGet(ctx, c.queue.attempts, "", lease.Name).Result()
	if err != nil {
		return nil, err
	}
	if tokens[0] == nil {
		return nil, fmt.Errorf("%s: %w", c.queue.attempts, ErrForgotten)
	}
	lease.Attempted = tokens[1] != nil
	return lease, nil
}

func (c *Consumer) lease(message redis.XMessage) *Lease {
	name, _ := message.Values["name"].(string)
	key, _ := message.Values["key"].(string)
	return &Lease{Job: Job{Name: name, Key: key}, consumer: c, id: message.ID, token: c.name + " " + rand.Text()}
}
