package main

import (
	"fmt"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/examples/fleet/ratelimit"
)

// api is one of the APIs, as the fleet sees it.
type api struct {
	name   string
	limits []ratelimit.Limit // documented, per key
	share  int               // of 500 agents
	// key makes the key of an agent from the fleet and a number. Nil: agents
	// have no key, so a create cannot be repeated.
	key     func(fleet string, number int) string
	connect func(agentclients.Options) (maker, error)
}

var apis = []api{
	{"omniflow", []ratelimit.Limit{{Requests: 60, Per: time.Minute}}, 90, nil, connectOmniflow},
	{"agentloop", []ratelimit.Limit{{Requests: 1200, Per: time.Minute}}, 50, agentloopKey, connectAgentloop},
	{"orq", []ratelimit.Limit{{Requests: 100, Per: time.Minute}}, 120, orqKey, connectOrq},
	{"phoneagents", []ratelimit.Limit{{Requests: 100, Per: time.Minute}, {Requests: 1000, Per: time.Hour}}, 120, phoneagentsKey, connectPhoneagents},
	{"xpander", []ratelimit.Limit{{Requests: 100, Per: time.Minute}, {Requests: 1000, Per: time.Hour}}, 120, nil, connectXpander},
}

// jobs are the agents to make on one API. Their names are unique, so that
// they can be found again.
func (a api) jobs(fleet string, agents int) []queue.Job {
	jobs := make([]queue.Job, agents)
	for i := range jobs {
		jobs[i].Name = fmt.Sprintf("Fleet %s %04d", fleet, i+1)
		if a.key != nil {
			jobs[i].Key = a.key(fleet, i+1)
		}
	}
	return jobs
}

// shares divides a number of agents among the APIs.
func shares(agents int) map[string]int {
	shares, whole, before := map[string]int{}, 0, 0
	for _, a := range apis {
		whole += a.share
	}
	sum := 0
	for _, a := range apis {
		sum += a.share
		shares[a.name] = agents*sum/whole - before
		before += shares[a.name]
	}
	return shares
}

// slack is by how much longer than another a request may be on its way: 5 %
// of a minute.
const slack = 3 * time.Second

// limiter is the configuration of the API's shared limiter, where time runs at
// a speed.
func (a api) limiter(speed float64) ratelimit.Config {
	config := ratelimit.Config{Key: "limit:" + a.name, Slack: scaled(slack, speed)}
	for _, limit := range a.limits {
		config.Limits = append(config.Limits, ratelimit.Limit{Requests: limit.Requests, Per: scaled(limit.Per, speed)})
	}
	return config
}

func scaled(d time.Duration, speed float64) time.Duration { return time.Duration(float64(d) / speed) }
