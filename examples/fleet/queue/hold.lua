-- Renews a lease and, if there is a token, records the attempt of a job.
--
-- KEYS[1]  stream of jobs
-- KEYS[2]  hash of attempts: name of the job → token of who made the last one
-- ARGV[1]  consumer group
-- ARGV[2]  consumer
-- ARGV[3]  id of the job in the stream
-- ARGV[4]  name of the job
-- ARGV[5]  token, '' only renews
-- ARGV[6]  '1' if the job may be attempted after somebody else did

if redis.call('HEXISTS', KEYS[2], '') == 0 then
  return 'forgotten'
end
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if #pending == 0 or pending[1][2] ~= ARGV[2] then
  return 'lost'
end
if ARGV[5] ~= '' then
  local token = redis.call('HGET', KEYS[2], ARGV[4])
  if token and token ~= ARGV[5] and ARGV[6] ~= '1' then
    return 'attempted'
  end
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'JUSTID')
return 'held'
