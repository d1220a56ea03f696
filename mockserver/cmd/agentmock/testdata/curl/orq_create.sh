curl --request POST \
  --url https://api.orq.ai/v2/agents/ \
  --header 'Authorization: Bearer <token>' \
  --header 'Content-Type: application/json' \
  --data '{
  "key": "<string>",
  "display_name": "<string>",
  "role": "<string>",
  "description": "<string>",
  "instructions": "<string>",
  "system_prompt": "<string>",
  "path": "Default",
  "model": "<string>",
  "fallback_models": [
    "<string>"
  ],
  "settings": {
    "max_iterations": 15,
    "max_execution_time": 300,
    "tool_approval_required": "respect_tool",
    "tools": [],
    "evaluators": [
      {
        "id": "<string>",
        "sample_rate": 50,
        "execute_on": "input"
      }
    ],
    "guardrails": [
      {
        "id": "<string>",
        "sample_rate": 50,
        "execute_on": "input"
      }
    ]
  },
  "memory_stores": [],
  "knowledge_bases": [],
  "team_of_agents": [],
  "variables": {}
}'
