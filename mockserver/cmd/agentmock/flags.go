package main

import (
	"errors"
	"flag"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
)

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("agentmock", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	apis := mockserver.APIs()

	s.addr = defaultAddress
	address(flags, &s.addr, "addr", "`host:port` to listen on; port 0 takes a free one (default "+defaultAddress+")")
	address(flags, &s.adminAddr, "admin-addr", "`host:port` to serve /_mock/ on, and only there (default -addr)")
	flags.StringVar(&s.publicURL, "public-url", "", "`URL` under which clients reach the server; for the base URLs that it reports")
	flags.StringVar(&s.portFile, "port-file", "", "`file` to write the port into when serving")
	choice(flags, &s.mountRoot, "mount-root", "`API` to serve at / as well, for clients that cannot take a path in their base URL", apis)

	toggle(flags, &s.tls, "tls", "speak HTTPS with a certificate made up at start")
	flags.StringVar(&s.caOut, "ca-out", "", "`file` to write the made-up CA certificate into, as PEM")
	flags.StringVar(&s.certFile, "cert", "", "PEM `file` with a certificate to speak HTTPS with")
	flags.StringVar(&s.keyFile, "key", "", "PEM `file` with the key of -cert")

	list(flags, &s.apis, "apis", "`APIs` to emulate, separated by commas (default all)", apis)
	list(flags, &s.variants, "variants", "`variants` to switch on, separated by commas, such as phoneagents@upstream", nil)
	pieces(flags, &s.apiKeys, "api-keys", "`credentials` to accept, separated by commas, in namespaces that have no keys of their own (default any)")
	pieces(flags, &s.tenantPairs, "tenants", "`key=name,...`: which organization each credential belongs to, for APIs whose agents belong to one (default all to the same)")
	pieces(flags, &s.allowOrigins, "allow-origins", "`origins` of web pages that may use the server, separated by commas, such as http://localhost:3000 (default only its own page)")
	flags.StringVar(&s.adminToken, "admin-token", "", "`token` that calls under /_mock/ must bring; made up and printed in the ready line if -addr is not a loopback address")
	s.strict = "as-api"
	choice(flags, &s.strict, "strict", "`what` to do about requests that the API takes but should not get: as-api, report or reject; namespaces can have their own (default as-api)", []string{"as-api", "report", "reject"})
	toggle(flags, &s.rateLimits, "rate-limits", "enforce the rate limits of the real APIs")
	flags.Func("rate", "`limit` for every API instead of its own, such as 100/1m", func(value string) error {
		requests, per, _ := strings.Cut(value, "/")
		number, err := strconv.Atoi(requests)
		span, bad := time.ParseDuration(per)
		if err != nil || bad != nil || number < 1 || span <= 0 {
			return errors.New("must be requests per duration, such as 100/1m")
		}
		s.rate = mockserver.RateLimit{Requests: number, Per: span}
		return nil
	})
	toggle(flags, &s.deterministic, "deterministic", "count ids instead of drawing them")
	flags.Func("clock", "`time` at which the clocks start and stand still, such as 2026-01-01T00:00:00Z (default the real clock)", s.setClock)
	duration(flags, &s.clockStep, "clock-step", "`duration` by which every request moves a clock that -clock set, up to the year 9999", 0)

	pieces(flags, &s.comparePairs, "compare", "`api=URL,...`: real APIs to send requests on to, each once and with the credential that it brings; /_mock/differences lists in what the mock differs, such as orq=https://api.orq.ai")
	toggle(flags, &s.compareKeep, "compare-keep", "keep what real APIs respond in the journal, without credentials and secret members")

	flags.Func("seed", "JSON `file` with the state to start from and to reset to, or a folder of such files; may be repeated. SIGHUP reads it again: resets go back to what it says then, and what exists stays until its reset", func(value string) error {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.TrimSpace(name); name == "" {
				return errors.New("must be the name of a file")
			}
			s.seedFiles = append(s.seedFiles, name)
		}
		return nil
	})
	flags.StringVar(&s.rulesFile, "rules", "", "JSON `file` with an array of fault rules for the default namespace. SIGHUP reads it again and replaces the rules that came from it")
	flags.StringVar(&s.stateFile, "state", "", "JSON `file` to load the state of the default namespace from, and to keep it in; secrets of records are written as \"[redacted]\", and are that when it is loaded")

	s.journal, s.journalBytes = 1000, 16<<20
	whole(flags, &s.journal, "journal", "`number` of requests that the journal of a namespace remembers; 0 turns it off (default 1000)", 0, 1_000_000)
	toggle(flags, &s.noJournal, "no-journal", "keep no journal, as -journal 0")
	size(flags, &s.journalBytes, "journal-bytes", "`size` of the journal of a namespace (default 16MiB)")
	s.maxSpaces, s.spaceTTL = 1000, 30*time.Minute
	whole(flags, &s.maxSpaces, "ns-max", "`number` of namespaces that there can be at once (default 1000)", 1, 1_000_000)
	duration(flags, &s.spaceTTL, "ns-ttl", "`duration` after which an idle namespace is dropped that has no ttl of its own (default 30m)", time.Second)

	s.log = "text"
	choice(flags, &s.log, "log", "`format` of the log on standard error: text, json or off (default text)", []string{"text", "json", "off"})
	toggle(flags, &s.verbose, "verbose", "log every request")
	toggle(flags, &s.exitOnStdinClose, "exit-on-stdin-close", "end when standard input is closed, so that nothing is left when the parent dies")
	duration(flags, &s.maxRun, "max-run", "`duration` after which to end in any case", time.Millisecond)

	toggle(flags, &s.version, "version", "print the version and end")
	toggle(flags, &s.printOpenAPI, "print-openapi", "print the OpenAPI document of the admin API and end")
	toggle(flags, &s.healthcheck, "healthcheck", "ask the server at the URL that follows, or else at -addr and -admin-addr, whether it serves, and end with 0 or 1. Alone, in a container, it asks the server there, whatever its flags are")
	return flags
}
