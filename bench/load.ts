/**
 * Requests over loopback for a bounded time: by wrk where it is installed, because it leaves the server more of a small
 * machine, else by autocannon in this process.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { percentile } from './figures.js';

export interface LoadOrder {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Taken in turns instead of `headers` and `body`. */
  readonly requests?: readonly {
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }[];
  readonly connections: number;
  /** How long, or how many. */
  readonly until: { readonly seconds: number } | { readonly requests: number };
}

export interface LoadResult {
  readonly answers: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const execute = promisify(execFile);
const wrk = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'wrk'))
  .find((file) => existsSync(file));

export const loadTool = wrk === undefined ? 'autocannon' : 'wrk';

/** @throws when anything but 2xx came back: figures of refusals are figures of something else. */
export async function load(order: LoadOrder): Promise<LoadResult> {
  return wrk === undefined || 'requests' in order.until ? loadByAutocannon(order) : loadByWrk(wrk, order);
}

function loadByAutocannon(order: LoadOrder): Promise<LoadResult> {
  const { url, method = 'GET', connections, until } = order;
  const requests = eachRequest(order);
  const bound =
    'seconds' in until
      ? { duration: until.seconds, sampleInt: 100 }
      : { amount: Math.max(connections, until.requests), sampleInt: 10 };
  return new Promise((resolve, reject) => {
    const latencies: number[] = [];
    const startedMs = performance.now();
    let lastMs = startedMs;
    let refusedWith = 0;
    let dealt = 0;
    const options = {
      ...{ url, method, connections, timeout: 30, ...bound },
      // Dealt out, or every connection would begin with the first and all ask the same at the same time.
      setupClient: (client: autocannon.Client) => {
        const mine = requests.filter((_, at) => at % connections === dealt % connections);
        client.setRequests((mine.length === 0 ? requests : mine).map((one) => ({ ...one, method })));
        dealt += 1;
      },
    };
    const running = autocannon(options, (error, result) => {
      if (error !== null) return reject(error);
      const bad = result.errors + result.timeouts + result.non2xx;
      if (bad > 0 || latencies.length === 0) {
        return reject(
          new Error(`${new URL(url).pathname}: ${bad} of ${latencies.length} answers were no success (${refusedWith})`),
        );
      }
      latencies.sort((one, other) => one - other);
      return resolve({
        answers: latencies.length,
        perSecond: latencies.length / ((lastMs - startedMs) / 1_000),
        p50Ms: percentile(latencies, 50),
        p99Ms: percentile(latencies, 99),
      });
    });
    // Its own histogram counts whole milliseconds, which is longer than most answers take.
    running.on('response', (_client: unknown, status: number, _bytes: number, tookMs: number) => {
      lastMs = performance.now();
      latencies.push(tookMs);
      if (status < 200 || status > 299) refusedWith = status;
    });
  });
}

async function loadByWrk(program: string, order: LoadOrder): Promise<LoadResult> {
  const { url, connections, until } = order;
  const seconds = 'seconds' in until ? until.seconds : 1;
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-wrk-'));
  try {
    const script = join(folder, 'order.lua');
    const requests = join(folder, 'requests');
    writeFileSync(script, luaScript);
    writeFileSync(
      requests,
      rawRequests(order)
        .map((one) => `${Buffer.byteLength(one)}\n${one}`)
        .join(''),
    );
    const duration = `${Math.max(1, Math.round(seconds))}s`;
    const args = [
      '-t',
      '1',
      '-c',
      String(connections),
      '-d',
      duration,
      '--timeout',
      '30s',
      '-s',
      script,
      url,
      '--',
      requests,
    ];
    const { stdout } = await execute(program, args);
    const [, answers, micros, bad, p50, p99] = /^FIGURES (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(stdout) ?? [];
    if (answers === undefined || bad !== '0' || answers === '0') {
      throw new Error(`${new URL(url).pathname}: ${bad ?? 'all'} of ${answers ?? 0} answers were no success`);
    }
    const perSecond = Number(answers) / (Number(micros) / 1e6);
    return { answers: Number(answers), perSecond, p50Ms: Number(p50) / 1e3, p99Ms: Number(p99) / 1e3 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As they go over the wire: wrk sends what it is given. */
function rawRequests(order: LoadOrder): string[] {
  const { host, pathname, search } = new URL(order.url);
  return eachRequest(order).map(({ headers = {}, body = '' }) => {
    const lengths = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const lines = Object.entries({ host, ...headers, ...lengths }).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${order.method ?? 'GET'} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
  });
}

function eachRequest({ headers, body, requests }: LoadOrder): NonNullable<LoadOrder['requests']> {
  return requests ?? [{ ...(headers === undefined ? {} : { headers }), ...(body === undefined ? {} : { body }) }];
}

/** Reads them from a file, because so many constants are too many for one function of Lua. */
const luaScript = `
local made = {}
local at = 0
init = function(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read("*l")
    if length == nil then break end
    made[#made + 1] = file:read(tonumber(length))
  end
  file:close()
end
request = function()
  at = at % #made + 1
  return made[at]
end
done = function(summary, latency)
  local e = summary.errors
  local bad = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format("FIGURES %d %d %d %d %d", summary.requests, summary.duration, bad,
    latency:percentile(50), latency:percentile(99)))
end
`;
