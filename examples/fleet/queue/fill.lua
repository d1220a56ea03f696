-- Makes the list of jobs, once, and returns how many it has.
--
-- KEYS[1]  stream of jobs
-- ARGV[1]  consumer group
-- ARGV[2…] pairs: name and key of a job

if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
  for i = 2, #ARGV, 2 do
    redis.call('XADD', KEYS[1], '*', 'name', ARGV[i], 'key', ARGV[i + 1])
  end
end
return redis.call('XLEN', KEYS[1])
