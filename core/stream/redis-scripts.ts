// What must be one step on the Redis server, as Lua. Every script has the prefix of all keys as
// KEYS[1]; with its hash tag they lie in one slot of a cluster.
//
//   heads             hash     e<p> end, s<p> start, z<p> bytes ever, y<p> bytes cut off, bytes held
//   log:<p>           stream   id <offset + 1>-0; c count, k kind, l lane, t appended at, b bytes
//   index:<p>         zset     offset → "offset:count:appended at:bytes before"
//   sender:<n>:<edge> hash     t through                       (n: epoch)
//   ranges:<n>:<edge> zset     ranges above through: first → last
//   senders           zset     "<n>:<edge>" by the time of the last append
//   epochs:<edge>     zset     epochs that are remembered; `floors` (hash): the oldest still taken
//   keys              zset     exact keys by event time
//   totals            hash     accepted, duplicates, quarantined
//   done:<token>      string   the answer of an append, for a caller whose answer was lost
//   groups            set      names; group:<g> hash c<p> s<p> t<p> o<p>; state:<g> hash
//   members:<g>       zset     session by expiry; names:<g> hash member → session

/** Runs at the end of the memory too: groups must go on, and the tail be cut, to make room again. */
const roomy = "#!lua flags=allow-oom\n";
const common = `local base = KEYS[1]
local function text(n) return string.format('%.0f', n) end
local function nowMs()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
`;

/**
 * ARGV: token, now, bytes the log may hold, holes a sender may have, epochs of an edge, plan, blobs.
 * Changes nothing unless all of the plan is new and allowed. Answers with words:
 * `ok <through…>`, `seen <sender> <first> <last> …`, `keys <place…>`, `epoch <sender> <oldest>`,
 * `gaps <sender> <through> <first range>`, `full`.
 */
export const appendScript = `#!lua
${common}
local done = base .. 'done:' .. ARGV[1]
local answered = redis.call('GET', done)
if answered then return answered end
local now, sizeMax, gapsMax, epochsMax = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local plan = cjson.decode(ARGV[6])
local heads = base .. 'heads'

local function rangesBelow(key, last, floor, each)
  local from = 0
  while true do
    local found = redis.call('ZREVRANGEBYSCORE', key, text(last), '-inf', 'WITHSCORES', 'LIMIT', from, 32)
    for i = 1, #found, 2 do
      local rangeLast, rangeFirst = tonumber(found[i]), tonumber(found[i + 1])
      if rangeLast < floor then return end
      each(rangeFirst, rangeLast, found[i])
    end
    if #found < 64 then return end
    from = from + 32
  end
end

local seen = {}
for i, sender in ipairs(plan.senders) do
  local name = text(sender.epoch) .. ':' .. sender.edge
  sender.hash, sender.ranges, sender.name = base .. 'sender:' .. name, base .. 'ranges:' .. name, name
  local through = redis.call('HGET', sender.hash, 't')
  sender.through = tonumber(through or '0')
  if not through then
    local epochs = base .. 'epochs:' .. sender.edge
    local floor = tonumber(redis.call('HGET', base .. 'floors', sender.edge) or '0')
    if redis.call('ZCARD', epochs) >= epochsMax then
      sender.drop = redis.call('ZRANGE', epochs, 0, 0)[1]
      floor = math.max(floor, tonumber(sender.drop))
    end
    if sender.epoch < floor then return 'epoch ' .. (i - 1) .. ' ' .. text(floor) end
  end
  for r = 1, #sender.runs, 2 do
    local first, last = sender.runs[r], sender.runs[r + 1]
    if first <= sender.through then
      table.insert(seen, (i - 1) .. ' ' .. text(first) .. ' ' .. text(math.min(last, sender.through)))
    end
    rangesBelow(sender.ranges, last, first, function(rangeFirst, rangeLast)
      local from, to = math.max(first, rangeFirst), math.min(last, rangeLast)
      table.insert(seen, (i - 1) .. ' ' .. text(from) .. ' ' .. text(to))
    end)
  end
end
if #seen > 0 then return 'seen ' .. table.concat(seen, ' ') end

for i, sender in ipairs(plan.senders) do
  local gaps = redis.call('ZCARD', sender.ranges)
  if gaps + (#sender.runs + #sender.fills) / 2 > gapsMax then
    -- Ranges and runs that touch become one; what touches through is no hole's end any more.
    local function count(list)
      for r = 1, #list, 2 do
        local first, last = list[r], list[r + 1]
        gaps = gaps + 1
        if first <= sender.through + 1 then gaps = gaps - 1 end
        rangesBelow(sender.ranges, last + 1, first - 1, function() gaps = gaps - 1 end)
      end
    end
    count(sender.runs)
    count(sender.fills)
    if gaps > gapsMax then
      local range = redis.call('ZRANGE', sender.ranges, 0, 0, 'WITHSCORES')
      return 'gaps ' .. (i - 1) .. ' ' .. text(sender.through) .. ' ' .. text(tonumber(range[2] or '0'))
    end
  end
end

local known = {}
for from = 1, #plan.keys, 1000 do
  local part = {}
  for i = from, math.min(from + 999, #plan.keys) do table.insert(part, plan.keys[i]) end
  local scores = redis.call('ZMSCORE', base .. 'keys', unpack(part))
  for i = 1, #part do
    if scores[i] then table.insert(known, text(from + i - 2)) end
  end
end
if #known > 0 then return 'keys ' .. table.concat(known, ' ') end

local incoming = 0
for i = 1, #plan.entries do incoming = incoming + #ARGV[6 + i] end
local held = tonumber(redis.call('HGET', heads, 'bytes') or '0')
if incoming > 0 and held + incoming > sizeMax then return 'full' end

for i, entry in ipairs(plan.entries) do
  local blob, p = ARGV[6 + i], text(entry.p)
  local places = redis.call('HMGET', heads, 'e' .. p, 'z' .. p)
  local offset, before = tonumber(places[1] or '0'), tonumber(places[2] or '0')
  redis.call('XADD', base .. 'log:' .. p, text(offset + 1) .. '-0',
    'c', text(entry.c), 'k', text(entry.k), 'l', text(entry.l), 't', now, 'b', blob)
  redis.call('ZADD', base .. 'index:' .. p, text(offset),
    text(offset) .. ':' .. text(entry.c) .. ':' .. now .. ':' .. text(before))
  redis.call('HSET', heads, 'e' .. p, text(offset + entry.c), 'z' .. p, text(before + #blob))
end
redis.call('HSET', heads, 'bytes', text(held + incoming))

local function add(sender, first, last)
  if last <= sender.through then return end
  if first <= sender.through + 1 then
    sender.through = last
    while true do
      local range = redis.call('ZRANGE', sender.ranges, 0, 0, 'WITHSCORES')
      if #range == 0 or tonumber(range[2]) > sender.through + 1 then return end
      sender.through = math.max(sender.through, tonumber(range[1]))
      redis.call('ZREM', sender.ranges, range[1])
    end
  end
  local merged = {}
  rangesBelow(sender.ranges, last + 1, first - 1, function(rangeFirst, rangeLast, member)
    first, last = math.min(first, rangeFirst), math.max(last, rangeLast)
    table.insert(merged, member)
  end)
  for _, member in ipairs(merged) do redis.call('ZREM', sender.ranges, member) end
  redis.call('ZADD', sender.ranges, text(first), text(last))
end

local answer = { 'ok' }
for _, sender in ipairs(plan.senders) do
  local epochs = base .. 'epochs:' .. sender.edge
  if sender.drop then
    local old = sender.drop .. ':' .. sender.edge
    redis.call('DEL', base .. 'sender:' .. old, base .. 'ranges:' .. old)
    redis.call('ZREM', epochs, sender.drop)
    redis.call('ZREM', base .. 'senders', old)
    redis.call('HSET', base .. 'floors', sender.edge, text(tonumber(sender.drop) + 1))
  end
  for r = 1, #sender.runs, 2 do add(sender, sender.runs[r], sender.runs[r + 1]) end
  for r = 1, #sender.fills, 2 do add(sender, sender.fills[r], sender.fills[r + 1]) end
  redis.call('HSET', sender.hash, 't', text(sender.through))
  redis.call('ZADD', epochs, text(sender.epoch), text(sender.epoch))
  redis.call('ZADD', base .. 'senders', now, sender.name)
  table.insert(answer, text(sender.through))
end
for i, key in ipairs(plan.keys) do redis.call('ZADD', base .. 'keys', text(plan.ats[i]), key) end
for name, count in pairs(plan.totals) do redis.call('HINCRBY', base .. 'totals', name, text(count)) end
local reply = table.concat(answer, ' ')
redis.call('SET', done, reply, 'PX', 120000)
redis.call('PUBLISH', base .. 'bell', '1')
return reply
`;

/** ARGV: group, partitions (the quarantine's too). */
export const ensureScript = `${roomy}${common}
local group = base .. 'group:' .. ARGV[1]
redis.call('SADD', base .. 'groups', ARGV[1])
for p = 0, tonumber(ARGV[2]) - 1 do
  local start = redis.call('HGET', base .. 'heads', 's' .. p) or '0'
  redis.call('HSETNX', group, 'c' .. p, start)
  redis.call('HSETNX', group, 's' .. p, start)
  redis.call('HSETNX', group, 't' .. p, '0')
end
`;

const release = `
local function releaseAll(group, session, count)
  for p = 0, count - 1 do
    if redis.call('HGET', group, 'o' .. p) == session then redis.call('HDEL', group, 'o' .. p) end
  end
end
`;

/** ARGV: group, member, session, lease in ms, partitions. */
export const enterScript = `${roomy}${common}${release}
local g, member, session = ARGV[1], ARGV[2], ARGV[3]
local older = redis.call('HGET', base .. 'names:' .. g, member)
if older then
  releaseAll(base .. 'group:' .. g, older, tonumber(ARGV[5]))
  redis.call('ZREM', base .. 'members:' .. g, older)
end
redis.call('HSET', base .. 'names:' .. g, member, session)
redis.call('ZADD', base .. 'members:' .. g, text(nowMs() + tonumber(ARGV[4])), session)
`;

/** ARGV as for enter. Answers as JSON; shares are those of fair-share.ts. */
export const renewScript = `${roomy}${common}
local g, member, session, count = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])
local group, members, names = base .. 'group:' .. g, base .. 'members:' .. g, base .. 'names:' .. g
local named = redis.call('HGET', names, member)
if named and named ~= session then return cjson.encode({ isReplaced = true, hasGiven = false }) end
local now = nowMs()
redis.call('HSET', names, member, session)
redis.call('ZADD', members, text(now + tonumber(ARGV[4])), session)
redis.call('ZREMRANGEBYSCORE', members, '-inf', text(now))
redis.call('ZREMRANGEBYSCORE', members, '(' .. text(now + 2 * tonumber(ARGV[4])), '+inf')
local alive, isAlive = redis.call('ZRANGE', members, 0, -1), {}
for _, one in ipairs(alive) do isAlive[one] = true end
for name, one in pairs((function()
  local flat, map = redis.call('HGETALL', names), {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end)()) do
  if not isAlive[one] then redis.call('HDEL', names, name) end
end
table.sort(alive)
local share = math.floor(count / #alive)
for place, one in ipairs(alive) do
  if one == session and place <= count % #alive then share = share + 1 end
end
local mine, free = {}, {}
for p = 0, count - 1 do
  local owner = redis.call('HGET', group, 'o' .. p)
  if owner == session then table.insert(mine, p)
  elseif not owner or not isAlive[owner] then table.insert(free, p) end
end
local hasGiven = #mine > share
while #mine > share do redis.call('HDEL', group, 'o' .. table.remove(mine)) end
for i = 1, math.min(share - #mine, #free) do
  redis.call('HSET', group, 'o' .. free[i], session)
  redis.call('HINCRBY', group, 't' .. free[i], 1)
  table.insert(mine, free[i])
end
table.sort(mine)
local leases = {}
for _, p in ipairs(mine) do
  table.insert(leases, { partition = p, token = tonumber(redis.call('HGET', group, 't' .. p)) })
end
local nextExpiryMs = nil
local soonest = redis.call('ZRANGE', members, 0, 1, 'WITHSCORES')
for i = 1, #soonest, 2 do
  if soonest[i] ~= session and not nextExpiryMs then nextExpiryMs = tonumber(soonest[i + 1]) - now end
end
return cjson.encode({
  isReplaced = false, hasGiven = hasGiven, nextExpiryMs = nextExpiryMs,
  leases = #leases > 0 and leases or nil,
})
`;

/** ARGV: group, member, session, partitions. */
export const leaveScript = `${roomy}${common}${release}
local g, member, session = ARGV[1], ARGV[2], ARGV[3]
releaseAll(base .. 'group:' .. g, session, tonumber(ARGV[4]))
redis.call('ZREM', base .. 'members:' .. g, session)
if redis.call('HGET', base .. 'names:' .. g, member) == session then
  redis.call('HDEL', base .. 'names:' .. g, member)
end
`;

/** ARGV: group, session, changes as JSON, states. Answers with the partition that was lost, or -1. */
export const commitScript = `${roomy}${common}
local g, session = ARGV[1], ARGV[2]
local group = base .. 'group:' .. g
local changes = cjson.decode(ARGV[3])
for _, change in ipairs(changes) do
  local found = redis.call('HMGET', group, 'o' .. change.p, 't' .. change.p)
  if found[1] ~= session or tonumber(found[2]) ~= change.token then return change.p end
  -- A position beyond the end would hide the reports that are appended next.
  local last = tonumber(redis.call('HGET', base .. 'heads', 'e' .. change.p) or '0')
  if math.max(change.committed, change.synced) > last then
    return redis.error_reply('ERR commit: an offset beyond the end, ' .. text(last) .. ', of ' .. change.p)
  end
end
local states = 3
for _, change in ipairs(changes) do
  local p = change.p
  local places = redis.call('HMGET', group, 'c' .. p, 's' .. p)
  local synced = math.max(tonumber(places[2]), change.synced)
  local committed = math.max(tonumber(places[1]), change.committed, synced)
  redis.call('HSET', group, 'c' .. p, text(committed), 's' .. p, text(synced))
  if change.state == 'put' then
    states = states + 1
    redis.call('HSET', base .. 'state:' .. g, p, ARGV[states])
  elseif change.state == 'drop' then redis.call('HDEL', base .. 'state:' .. g, p) end
end
return -1
`;

/** ARGV: group, partitions. Per partition: end, committed, synced, owner, appended at of the oldest. */
export const lagScript = `${roomy}${common}
local g = ARGV[1]
local group, answer = base .. 'group:' .. g, {}
for p = 0, tonumber(ARGV[2]) - 1 do
  local head = redis.call('HMGET', base .. 'heads', 'e' .. p, 's' .. p)
  local last = head[1] or '0'
  local place = redis.call('HMGET', group, 'c' .. p, 's' .. p, 'o' .. p)
  local committed = place[1] or head[2] or '0'
  local oldest = ''
  if tonumber(committed) < tonumber(last) then
    local entry = redis.call('ZREVRANGEBYSCORE', base .. 'index:' .. p, committed, '-inf', 'LIMIT', 0, 1)[1]
    oldest = entry and string.match(entry, '^%d+:%d+:(%d+):') or ''
  end
  for _, value in ipairs({ last, committed, place[2] or committed, place[3] or '', oldest }) do
    table.insert(answer, value)
  end
end
local now = nowMs()
return { text(redis.call('ZCOUNT', base .. 'members:' .. g, '(' .. text(now), '+inf')), answer }
`;

/** ARGV: partitions. Cuts whole entries behind what every group has synced; gives the reports cut. */
export const trimScript = `${roomy}${common}
local groups = redis.call('SMEMBERS', base .. 'groups')
if #groups == 0 then return 0 end
local heads, cut = base .. 'heads', 0
for p = 0, tonumber(ARGV[1]) - 1 do
  local floor = math.huge
  for _, g in ipairs(groups) do
    floor = math.min(floor, tonumber(redis.call('HGET', base .. 'group:' .. g, 's' .. p) or '0'))
  end
  local index = base .. 'index:' .. p
  local last = redis.call('ZREVRANGEBYSCORE', index, '(' .. text(floor), '-inf', 'LIMIT', 0, 1)[1]
  if last then
    local offset, count = string.match(last, '^(%d+):(%d+):')
    local upTo = tonumber(offset) + tonumber(count)
    if upTo > floor then upTo = tonumber(offset) end
    local places = redis.call('HMGET', heads, 's' .. p, 'y' .. p, 'z' .. p)
    local first = redis.call('ZRANGEBYSCORE', index, text(upTo), '+inf', 'LIMIT', 0, 1)[1]
    local before = first and string.match(first, ':(%d+)$') or places[3]
    redis.call('XTRIM', base .. 'log:' .. p, 'MINID', '=', text(upTo + 1) .. '-0')
    redis.call('ZREMRANGEBYSCORE', index, '-inf', '(' .. text(upTo))
    redis.call('HSET', heads, 's' .. p, text(upTo), 'y' .. p, before)
    redis.call('HINCRBY', heads, 'bytes', text(tonumber(places[2] or '0') - tonumber(before)))
    cut = cut + upTo - tonumber(places[1] or '0')
  end
end
return cut
`;
