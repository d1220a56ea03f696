curl --request POST \
  --url https://api.xpander.ai/v1/agents \
  --header 'Content-Type: application/json' \
  --header 'x-api-key: <api-key>' \
  --data '
{
  "name": "Customer Support Agent",
  "deployment_type": "serverless",
  "environment_id": "11968157-c0ed-4b8a-a05e-be1d4bb2e922"
}
'
