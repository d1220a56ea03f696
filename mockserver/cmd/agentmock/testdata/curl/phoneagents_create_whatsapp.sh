curl -X POST https://api.example.com/v1/users/usr_abc123/agents \
  -H "x-api-key: sk_live_..." \
  -H "Content-Type: application/json" \
  -d '{
    "phone_number_id": "pn_whatsapp_123",
    "prompt_id": "prompt_support_v1",
    "name": "WhatsApp Support Bot"
  }'
