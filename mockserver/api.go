package mockserver

// API names one of the emulated APIs. Its value is also the first element of
// the API's paths on the server and the prefix of its operation names.
type API string

// The emulated APIs.
const (
	Omniflow    API = "omniflow"
	Agentloop   API = "agentloop"
	Orq         API = "orq"
	Phoneagents API = "phoneagents"
	Xpander     API = "xpander"
)

// APIs returns every emulated API, in the order in which they are listed
// everywhere else.
func APIs() []API {
	return []API{Omniflow, Agentloop, Orq, Phoneagents, Xpander}
}

// Op names one operation of one API, such as "orq.CreateAgent": the API, a
// dot, and the name of the client method that calls it. Faults, matches and
// the journal use these names, in Go and over HTTP alike.
type Op string

// Variant switches one API away from its default behaviour, such as
// "phoneagents@upstream". The constants that end in the variant's name say
// what each one does.
type Variant string
