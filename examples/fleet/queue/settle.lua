-- Ends a job, and returns the result that it has: another one than ARGV[5] if
-- it was done before. Done is stronger than failed, and failed than doubtful.
-- A job whose attempt was withdrawn is not doubtful: it stays open, and the
-- result is ''. Nor is one whose attempts Redis has lost.
--
-- KEYS[1]  stream of jobs
-- KEYS[2]  hash of attempts
-- KEYS[3]  hash of what is done: name of the job → result
-- KEYS[4]  hash of what failed: name → reason
-- KEYS[5]  hash of what is doubtful: name → reason
-- ARGV[1]  consumer group
-- ARGV[2]  id of the job in the stream
-- ARGV[3]  name of the job
-- ARGV[4]  'done', 'failed' or 'doubtful'
-- ARGV[5]  result or reason

local name, outcome, text = ARGV[3], ARGV[4], ARGV[5]
local before = redis.call('HGET', KEYS[3], name)
if outcome == 'done' and not before then
  redis.call('HSET', KEYS[3], name, text)
  redis.call('HDEL', KEYS[4], name)
  redis.call('HDEL', KEYS[5], name)
elseif outcome == 'failed' and not before then
  redis.call('HSET', KEYS[4], name, text)
  redis.call('HDEL', KEYS[5], name)
  redis.call('HDEL', KEYS[2], name)
elseif outcome == 'doubtful' and not before and redis.call('HEXISTS', KEYS[4], name) == 0 then
  if redis.call('HEXISTS', KEYS[2], '') == 0 then
    return redis.error_reply('NOGROUP ' .. KEYS[2] .. ' is lost')
  elseif redis.call('HEXISTS', KEYS[2], name) == 0 then
    return ''
  end
  redis.call('HSET', KEYS[5], name, text)
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return before or text
