curl -X POST https://app.everruns.com/v1/agents \
  -H "Authorization: <key>" \
  -H "Content-Type: application/json" \
  -d '{
  "name": "Customer Support Agent",
  "description": "Handles customer inquiries and support tickets",
  "system_prompt": "You are a helpful customer support agent. Be polite and professional.",
  "tags": [
    "support",
    "customer-facing"
  ],
  "capabilities": [
    {
      "config": {},
      "ref": "current_time"
    },
    {
      "config": {},
      "ref": "web_fetch"
    }
  ]
}'
