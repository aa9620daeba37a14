-- wrk: send prepared raw requests in turn, count wrong answers, print one JSON line.
-- Arguments: the file of requests (each `LENGTH\n` and that many bytes), the text that every right answer holds.
-- One thread, so that its globals are the whole count.

local replayer

function setup(thread)
  replayer = thread
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  prepared, turn, wrong_status, wrong_body, example = {}, 0, 0, 0, ""
  marker = arguments[2]
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    prepared[#prepared + 1] = file:read(length)
  end
  file:close()
  assert(#prepared > 0, "no prepared requests")
end

function request()
  turn = turn % #prepared + 1
  return prepared[turn]
end

function response(status, headers, body)
  if status < 200 or status > 299 then
    wrong_status = wrong_status + 1
    example = status .. " " .. string.sub(body, 1, 300)
  elseif not string.find(body, marker, 1, true) then
    wrong_body = wrong_body + 1
    example = status .. " " .. string.sub(body, 1, 300)
  end
end

local function quoted(text)
  return '"' .. string.gsub(text, '[%c"\\\128-\255]', " ") .. '"'
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"answers":%d,"micros":%d,"wrong_status":%d,"wrong_body":%d,"broken":%d,"p50":%d,"p99":%d,"example":%s}\n',
    summary.requests, summary.duration, replayer:get("wrong_status"), replayer:get("wrong_body"),
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), quoted(replayer:get("example"))))
end
