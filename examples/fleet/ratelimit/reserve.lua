-- Reserves the next moment at which a request may be sent, and returns how
-- many microseconds away it is, and 1, or 0 if that is longer than the caller
-- would wait: then nothing was reserved.
--
-- KEYS[1]  list of the reserved moments, the newest last, in microseconds
-- ARGV[1]  least distance of two moments
-- ARGV[2]  longest wait
-- ARGV[3]  milliseconds after the moment when nothing counts any more
-- ARGV[4…] pairs: in each span (ARGV[5]) there are at most ARGV[4] moments

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local at = now

local function not_before(index, distance)
  local earlier = redis.call('LINDEX', KEYS[1], index)
  if earlier then
    at = math.max(at, earlier + distance)
  end
end

local longest = 1
not_before(-1, tonumber(ARGV[1]))
for i = 4, #ARGV, 2 do
  not_before(-tonumber(ARGV[i]), tonumber(ARGV[i + 1]))
  longest = math.max(longest, tonumber(ARGV[i]))
end

local wait = at - now
if wait > tonumber(ARGV[2]) then
  return {wait, 0}
end
redis.call('RPUSH', KEYS[1], string.format('%.0f', at))
redis.call('LTRIM', KEYS[1], -longest, -1)
redis.call('PEXPIRE', KEYS[1], math.ceil(wait / 1000) + ARGV[3])
return {wait, 1}
