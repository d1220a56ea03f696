curl -X GET https://api.example.com/v1/users/usr_abc123/phone_numbers \
  -H "x-api-key: sk_live_..."
