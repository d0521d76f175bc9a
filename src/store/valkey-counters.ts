/**
 * Windows of wrong guesses that all nodes share, in Valkey or Redis. It only makes the nodes' own counters stricter:
 * when it is down, slow, emptied or full, each node goes on counting for itself, and nobody waits for long.
 *
 * @module
 */
import { performance } from 'node:perf_hooks';
import { Redis } from 'iovalkey';
import type { GuessVerdict, GuessWindow, SharedGuessCounters } from '../identity/index.js';

/** A take that is not answered by then is judged without it. */
const answerWithinMs = 250;
/** After one that was not answered, nobody asks for this long. */
const pauseMs = 1_000;
/** Places of a node that ended meanwhile are free again after this; longer than any hash takes. */
const leaseMs = 60_000;
/** Ends of guesses that could not be told yet. */
const maxUntold = 1_000;
const longestReconnectMs = 2_000;
/** One slot of a cluster: a script may touch only keys of one. */
const prefix = '{latchkey:guesses}:';

/**
 * Two keys for each window: a hash of wrong guesses by slot, a sixtieth of the window each, and a sorted set of those
 * that are not judged yet, by the end of their lease. By the server's clock, so that those of the nodes may differ.
 *
 * Answers `{0, now}` taken, `{1, index}` busy, `{2, milliseconds}` spent.
 */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local busy, retry = 0, 0
for at = 1, #KEYS / 2 do
  local failed, flight = KEYS[2 * at - 1], KEYS[2 * at]
  local limit, window = tonumber(ARGV[2 * at + 1]), tonumber(ARGV[2 * at + 2])
  local slotMs = window / 60
  redis.call('ZREMRANGEBYSCORE', flight, '-inf', now)
  local live, sum = {}, 0
  local slots = redis.call('HGETALL', failed)
  for i = 1, #slots, 2 do
    local over = (tonumber(slots[i]) + 1) * slotMs + window
    if over <= now then
      redis.call('HDEL', failed, slots[i])
    else
      local count = tonumber(slots[i + 1])
      live[#live + 1] = { over, count }
      sum = sum + count
    end
  end
  if sum >= limit then
    table.sort(live, function(one, other) return one[1] < other[1] end)
    for _, slot in ipairs(live) do
      sum = sum - slot[2]
      if sum < limit then
        if slot[1] - now > retry then retry = slot[1] - now end
        break
      end
    end
  elseif busy == 0 and sum + redis.call('ZCARD', flight) >= limit then
    busy = at
  end
end
if retry > 0 then return { 2, math.ceil(retry) } end
if busy > 0 then return { 1, busy } end
for at = 1, #KEYS / 2 do
  redis.call('ZADD', KEYS[2 * at], now + tonumber(ARGV[2]), ARGV[1])
  redis.call('PEXPIRE', KEYS[2 * at], ARGV[2])
end
return { 0, now }
`;

/** `ARGV`: id, when it was taken if it was wrong and else nothing, and the length of each window. */
const settleScript = `
for at = 1, #KEYS / 2 do
  redis.call('ZREM', KEYS[2 * at], ARGV[1])
  if ARGV[2] ~= '' then
    local window = tonumber(ARGV[at + 2])
    redis.call('HINCRBY', KEYS[2 * at - 1], string.format('%.0f', math.floor(tonumber(ARGV[2]) / (window / 60))), 1)
    redis.call('PEXPIRE', KEYS[2 * at - 1], window + window / 60)
  end
end
`;

export interface ValkeyCounters extends SharedGuessCounters {
  /** Whether the last thing it was asked was answered. */
  isAnswering(): boolean;
  close(): Promise<void>;
}

export interface ValkeyCountersOptions {
  /** `redis://…` or `rediss://…`. */
  readonly url: string;
  /** Told when it begins or ceases to answer. */
  readonly onChange?: (isAnswering: boolean) => void;
}

/** Connects in the background, again and again; nothing waits for it. */
export function createValkeyCounters({ url, onChange }: ValkeyCountersOptions): ValkeyCounters {
  const valkey = new Redis(url, {
    connectionName: 'latchkey',
    // What cannot be sent now is not sent later: by then it was judged without it.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    retryStrategy: (attempts) => Math.min(50 * 2 ** Math.min(attempts, 6), longestReconnectMs),
  });
  let untold: (readonly [string, readonly GuessWindow[], number | null])[] = [];
  /** `null`: not known yet. */
  let isAnswering: boolean | null = null;
  let silentUntilMs = 0;

  const noticed = (isNow: boolean) => {
    if (!isNow) silentUntilMs = performance.now() + pauseMs;
    if (isNow === isAnswering) return;
    isAnswering = isNow;
    onChange?.(isNow);
  };
  // Unheard it would end the process; what it means is told by the questions that fail.
  valkey.on('error', () => undefined);
  valkey.on('close', () => noticed(false));
  valkey.on('ready', () => {
    silentUntilMs = 0;
    noticed(true);
    const waiting = untold;
    untold = [];
    for (const [id, windows, failedAtMs] of waiting) settle(id, windows, failedAtMs);
  });

  const run = (script: string, windows: readonly GuessWindow[], args: readonly (string | number)[]) => {
    const keys = windows.flatMap(({ key }) => [`${prefix}${key}:f`, `${prefix}${key}:i`]);
    return valkey.eval(script, keys.length, ...keys, ...args);
  };

  function settle(id: string, windows: readonly GuessWindow[], failedAtMs: number | null): void {
    const args = [id, failedAtMs ?? '', ...windows.map(({ windowMs }) => windowMs)];
    // On the same connection as the take, so that it comes after it even when both come late.
    run(settleScript, windows, args).catch(() => {
      if (untold.length < maxUntold) untold.push([id, windows, failedAtMs]);
    });
  }

  return {
    settle,
    isAnswering: () => isAnswering === true,

    async take(id, windows) {
      if (valkey.status !== 'ready' || performance.now() < silentUntilMs) return null;
      const args = [id, leaseMs, ...windows.flatMap(({ limit, windowMs }) => [limit, windowMs])];
      const answer = run(takeScript, windows, args).then(
        (reply) => readVerdict(reply, windows),
        () => null,
      );
      const verdict = await within(answer, answerWithinMs);
      noticed(verdict !== null);
      // It may have been taken all the same, or will be when the server goes on.
      if (verdict === null) settle(id, windows, null);
      return verdict;
    },

    async close() {
      isAnswering = false;
      valkey.disconnect();
    },
  };
}

function within<T>(answer: Promise<T>, ms: number): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ms);
    void answer.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** @returns `null` for what no script of ours answers. */
function readVerdict(reply: unknown, windows: readonly GuessWindow[]): GuessVerdict | null {
  if (!Array.isArray(reply)) return null;
  const [verdict, figure] = reply as unknown[];
  if (typeof figure !== 'number') return null;
  if (verdict === 0) return { verdict: 'taken', atMs: figure };
  if (verdict === 2) return { verdict: 'spent', retryAfterMs: figure };
  const key = windows[figure - 1]?.key;
  return verdict === 1 && key !== undefined ? { verdict: 'busy', key } : null;
}
