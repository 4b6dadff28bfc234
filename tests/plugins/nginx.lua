-- For wrk: asks for every split of a text in turn, and compares every answer with what it must be. Prints one line of JSON.
--   wrk -s nginx.lua URL -- EXPECTED_FILE PATH SPLITS      (SPLITS 0: always PATH itself)
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    local file = assert(io.open(args[1], 'rb'))
    expected = file:read('*a')
    file:close()
    path, splits = args[2], tonumber(args[3])
    at, bad, good = 0, 0, 0
end

function request()
    if splits == 0 then
        return wrk.format('GET', path)
    end
    at = at % splits + 1
    return wrk.format('GET', path .. at)
end

function response(status, headers, body)
    if status == 200 and body == expected then
        good = good + 1
    else
        bad = bad + 1
    end
end

function done(summary, latency)
    local good_all, bad_all = 0, 0
    for _, thread in ipairs(threads) do
        good_all = good_all + thread:get('good')
        bad_all = bad_all + thread:get('bad')
    end
    local e = summary.errors
    local seconds = summary.duration / 1e6
    io.write(string.format('\n{"good": %d, "bad": %d, "errors": %d, "per_second": %.0f, "mb_per_second": %.1f, ' ..
        '"p50_ms": %.2f, "p99_ms": %.2f}\n', good_all, bad_all, e.connect + e.read + e.write + e.timeout + e.status,
        summary.requests / seconds, summary.bytes / seconds / 1e6, latency:percentile(50) / 1000,
        latency:percentile(99) / 1000))
end
