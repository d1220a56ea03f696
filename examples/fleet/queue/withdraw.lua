-- Forgets the attempt of a job, if it is that of the token.
--
-- KEYS[1]  hash of attempts
-- ARGV[1]  name of the job
-- ARGV[2]  token

if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return 1
