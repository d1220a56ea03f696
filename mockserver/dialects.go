package mockserver

// dialects returns every emulated API, in the order of APIs.
func dialects() []dialect {
	return []dialect{
		omniflowDialect{},
		agentloopDialect{},
		orqDialect{},
		phoneagentsDialect{},
		xpanderDialect{},
	}
}
