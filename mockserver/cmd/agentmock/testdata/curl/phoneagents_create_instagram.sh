curl -X POST https://api.example.com/v1/users/usr_abc123/agents \
  -H "x-api-key: sk_live_..." \
  -H "Content-Type: application/json" \
  -d '{
    "phone_number_id": "pn_instagram_456",
    "prompt_id": "prompt_sales_v2",
    "name": "Instagram Sales Assistant"
  }'
