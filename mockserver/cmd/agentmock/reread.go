package main

import (
	"context"
	"log/slog"

	"github.com/agentclients/agentclients-go/mockserver"
)

// rulesFile is the file with the rules of the default namespace.
type rulesFile struct {
	name  string // "": none
	mock  *mockserver.Server
	rules []*mockserver.ActiveRule // those that came from it
}

// read puts the rules of the file in the place of those that came from it
// before. After an error nothing has changed.
func (f *rulesFile) read(ctx context.Context) error {
	if f.name == "" {
		return nil
	}
	specs, err := readRules(ctx, f.name)
	if err != nil {
		return err
	}
	rules, err := f.mock.ReplaceRules(f.rules, specs...)
	if err != nil {
		return misusage("-rules %s: %s", f.name, plain(err))
	}
	f.rules = rules
	return nil
}

// rereadFiles takes over what the files of -seed and -rules say now. If one
// of them is broken, nothing changes, and the log says what is wrong.
func rereadFiles(ctx context.Context, s *settings, rules *rulesFile, logger *slog.Logger) {
	if err := reread(ctx, s, rules); err != nil {
		logger.Error("the files were read again, and nothing was changed", "error", err)
		return
	}
	logger.Info("the files were read again")
}

func reread(ctx context.Context, s *settings, rules *rulesFile) error {
	seeds, err := filesIn(s.seedFiles)
	if err != nil {
		return err
	}
	for _, name := range append(seeds, s.rulesFile) {
		if err := checkRegular(name); err != nil {
			return err // a pipe has nothing to say a second time
		}
	}
	seed, err := readSeeds(ctx, s.seedFiles)
	if err != nil {
		return err
	}
	// A server for nothing but to refuse a seed that SetSeed would, before
	// the rules are replaced.
	if _, err := newMock(s, seed, nil); err != nil {
		return err
	}
	if err := rules.read(ctx); err != nil {
		return err
	}
	if len(s.seedFiles) == 0 {
		return nil
	}
	return rules.mock.SetSeed(seed)
}
