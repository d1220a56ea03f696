package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// firstProcess is the process that a container is made for.
const firstProcess = 1

// servingHere returns the settings of the server that a health check without
// arguments is about: the one process of this program with the same variables,
// or the first process of a container among several. Nil: there is none.
func servingHere() *settings {
	own, err := os.Stat("/proc/self/exe")
	if err != nil {
		return nil
	}
	ownVariables := variablesOf("self")
	processes, _ := filepath.Glob("/proc/[0-9]*")
	var found []*settings
	for _, directory := range processes {
		id := filepath.Base(directory)
		executable, err := os.Stat(filepath.Join(directory, "exe"))
		if err != nil || !os.SameFile(own, executable) || !slices.Equal(ownVariables, variablesOf(id)) {
			continue
		}
		arguments := valuesOf(id, "cmdline")
		if len(arguments) == 0 {
			continue
		}
		s, err := readSettings(arguments[1:], valueIn(ownVariables), io.Discard)
		if err != nil || s.healthcheck || s.version || s.printOpenAPI {
			continue
		}
		if id == strconv.Itoa(firstProcess) {
			return s
		}
		found = append(found, s)
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// valuesOf reads what /proc tells of a process as a list.
func valuesOf(process, name string) []string {
	data, err := os.ReadFile(filepath.Join("/proc", process, name))
	if err != nil || len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
}

// variablesOf are the environment variables of a process that are about this
// program, sorted.
func variablesOf(process string) []string {
	var own []string
	for _, value := range valuesOf(process, "environ") {
		if strings.HasPrefix(value, variablePrefix) {
			own = append(own, value)
		}
	}
	slices.Sort(own)
	return own
}

// valueIn is os.Getenv of an environment.
func valueIn(variables []string) func(name string) string {
	return func(name string) string {
		for _, variable := range variables {
			if value, ok := strings.CutPrefix(variable, name+"="); ok {
				return value
			}
		}
		return ""
	}
}
