-- Makes the list of jobs, once, and returns how many it has, and which is the
-- first one that is not as given, 0 for none. It is -1 if only a part of the
-- list is there.
--
-- Each hash gets a member without a name. An empty hash would not exist, and
-- could not be told from one that Redis has lost.
--
-- KEYS[1]  stream of jobs
-- KEYS[2…] hashes
-- ARGV[1]  consumer group
-- ARGV[2…] pairs: name and key of a job

local known = redis.call('EXISTS', KEYS[1])
for i = 2, #KEYS do
  if redis.call('HEXISTS', KEYS[i], '') ~= known then
    return {-1, 0}
  end
end
if known == 0 then
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
  for i = 2, #KEYS do
    redis.call('HSET', KEYS[i], '', '')
  end
  for i = 2, #ARGV, 2 do
    redis.call('XADD', KEYS[1], '*', 'name', ARGV[i], 'key', ARGV[i + 1])
  end
end
local jobs = redis.call('XRANGE', KEYS[1], '-', '+')
for i, job in ipairs(jobs) do
  if job[2][2] ~= ARGV[2 * i] or job[2][4] ~= ARGV[2 * i + 1] then
    return {#jobs, i}
  end
end
return {#jobs, 0}
