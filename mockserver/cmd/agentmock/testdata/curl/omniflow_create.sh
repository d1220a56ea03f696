curl -X POST https://api.trillet.ai/v1/api/omni-flow-agents \
  -H "x-api-key: <api-key>" \
  -H "x-workspace-id: 01a0sda156scx5f8" \
  -H "Content-Type: application/json" \
  -d '{
    "name": "ExampleOmniFlowAgent",
    "llmModel": "gpt-4o-mini"
  }'
