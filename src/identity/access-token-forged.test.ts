import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import {
  encodingsOf,
  type Forgery,
  forgeries,
  type Genuine,
  resignedForgeries,
} from '../../test/identity/forged-tokens.js';
import { makePrivateKey } from '../../test/identity/house.js';
import { Secret } from '../kernel/secret.js';
import { type LoadedSigningKey, type MintedFamily, mintAccessToken, verifyAccessToken } from './access-token.js';
import { mintNativeToken, verifyNativeToken } from './native-token.js';
import { loadSigningKey } from './signing-keys-load.js';

const iat = 1_777_162_107;
const nowMs = (iat + 60) * 1000;
const issuer = 'https://latchkey.example';
const ids = ['11111111', '22222222', '33333333'].map((part) => `${part}-1111-4111-8111-111111111111`);

interface Door {
  readonly name: string;
  readonly genuine: Omit<Genuine, 'foreign'>;
  /** Whether the verifier takes it as good now. */
  readonly takes: (text: string) => Promise<boolean>;
}

const times = { createdAtMs: 0, signsFromMs: 0, retiredAtMs: null };

async function keyedDoor(family: MintedFamily, fill: number): Promise<Door> {
  const algorithm = family === 'onedb' ? 'HS512' : 'HS256';
  const bytes = new Uint8Array(64).fill(fill);
  const key = await loadSigningKey({ ...times, id: family, family, algorithm, secret: new Secret(bytes) });
  const claims = {
    precrime: { sub: 'id-1', unique_name: 'john.doe', jti: 's-1', iat, exp: iat + 3600, company: 1 },
    cloudio: { session: 's-2', csrf: 'c-2', org_uid: 'cloudio', iat, exp: iat + 43_200 },
    onedb: { sub: 'api', exp: iat + 18_000, iat },
  };
  const token = (await mintAccessToken(family, claims[family], key)).reveal();
  const hash = family === 'onedb' ? 'sha512' : 'sha256';
  const resign = (input: string) => createHmac(hash, bytes).update(input).digest('base64url');
  return {
    name: family,
    genuine: { token, publicKey: null, resign },
    takes: async (text) => (await verifyAccessToken(family, new Secret(text), [key], nowMs))?.isExpired === false,
  };
}

interface NativeDoor extends Door {
  readonly publicKey: KeyObject;
}

async function nativeDoor(algorithm: 'EdDSA' | 'ES256' | 'RS256', id: string): Promise<NativeDoor> {
  const secret = await makePrivateKey(algorithm);
  const key = await loadSigningKey({ ...times, id, family: 'native', algorithm, secret });
  const privateKey = createPrivateKey({ key: Buffer.from(secret.reveal()), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const claims = { iss: issuer, sub: 'u-1', aud: issuer, exp: iat + 900, iat, jti: 's-4', client_id: 'u-1' };
  const token = (await mintNativeToken({ ...claims, scope: 'sources.inspect metrics.read' }, key)).reveal();
  const resign = (input: string) => {
    const data = Buffer.from(input);
    if (algorithm === 'EdDSA') return sign(null, data, privateKey).toString('base64url');
    return sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  };
  return {
    name: `native ${algorithm}`,
    publicKey,
    genuine: { token, publicKey, resign },
    takes: async (text) => (await verifyNativeToken(new Secret(text), [key], issuer, nowMs))?.isExpired === false,
  };
}

const natives = [
  await nativeDoor('EdDSA', ids[0]!),
  await nativeDoor('ES256', ids[1]!),
  await nativeDoor('RS256', ids[2]!),
];
const doors: readonly Door[] = [
  await keyedDoor('precrime', 1),
  await keyedDoor('cloudio', 2),
  await keyedDoor('onedb', 3),
  ...natives,
];

function corpusOf({ genuine }: Door): readonly Forgery[] {
  const foreign = doors.map((one) => one.genuine.token).filter((token) => token !== genuine.token);
  const whole = { ...genuine, foreign };
  // Where there is no public key of its own, those of the native family are tried.
  const publicKeys = genuine.publicKey === null ? natives.map((one) => one.publicKey) : [genuine.publicKey];
  return [...publicKeys.flatMap((publicKey) => forgeries({ ...whole, publicKey })), ...resignedForgeries(whole)];
}

const corpora = new Map(doors.map((door) => [door.name, corpusOf(door)]));
const corpus = [...new Map([...corpora.values()].flat().map((forgery) => [forgery.text, forgery])).values()];

/** Every way out of the process there is, watched. */
function watchTheWire(): { readonly count: () => number; readonly stop: () => void } {
  const spies = [
    vi.spyOn(net.Socket.prototype, 'connect'),
    vi.spyOn(dns, 'lookup'),
    vi.spyOn(dns.promises, 'lookup'),
    vi.spyOn(dgram.Socket.prototype, 'send'),
  ];
  return {
    count: () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0),
    stop: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

async function taken(
  takes: (text: string) => Promise<boolean> | boolean,
  among: readonly Forgery[],
): Promise<string[]> {
  const names: string[] = [];
  for (const { name, text } of among) if (await takes(text)) names.push(name);
  return names;
}

describe('forged tokens', () => {
  it('are two thousand and more, of which no two are the same and none is genuine', () => {
    expect(corpus.length).toBeGreaterThan(2_000);
    const genuine = new Set(doors.map((door) => door.genuine.token));
    expect(corpus.filter(({ text }) => genuine.has(text))).toEqual([]);
    for (const [name, own] of corpora) expect(own.length, name).toBeGreaterThan(600);
    process.stderr.write(`${corpus.length} forged tokens\n`);
  });

  it('have their control: a genuine token is taken by its own verifier and by no other', async () => {
    for (const door of doors) {
      for (const other of doors) {
        expect(await other.takes(door.genuine.token), `${door.name} at ${other.name}`).toBe(other.name === door.name);
      }
    }
  });

  it.each(doors)(
    'are all refused by the verifier of $name, and no packet leaves',
    async ({ takes }) => {
      const wire = watchTheWire();
      try {
        expect(await taken(takes, corpus)).toEqual([]);
        expect(wire.count()).toBe(0);
        await fetch('http://127.0.0.1:49151/').catch(() => {});
        expect(wire.count(), 'the control must be seen').toBeGreaterThan(0);
      } finally {
        wire.stop();
      }
    },
    120_000,
  );

  it('cost a verifier little, whatever they are', async () => {
    for (const { name, takes } of doors) {
      const costsMs: number[] = [];
      for (const { text } of corpus) {
        const { user, system } = process.cpuUsage();
        await takes(text);
        const spent = process.cpuUsage({ user, system });
        costsMs.push((spent.user + spent.system) / 1000);
      }
      costsMs.sort((a, b) => a - b);
      const p99 = costsMs[Math.floor(costsMs.length * 0.99)] ?? 0;
      process.stderr.write(`${name}: median ${costsMs[costsMs.length >> 1]} ms, p99 ${p99} ms of processor\n`);
      expect(p99, name).toBeLessThan(10);
    }
  }, 120_000);
});

/** Verifiers as they have been written elsewhere; each must be caught by the same tokens. */
describe('a careless verifier is caught', () => {
  const [{ publicKey, genuine }] = natives as [NativeDoor];
  const own = corpora.get('native EdDSA') ?? [];
  const open = (text: string) => {
    const [header = '', payload = '', signature = '', ...more] = text.split('.');
    const read = (segment: string) =>
      JSON.parse(Buffer.from(segment, 'base64url').toString()) as Record<string, unknown>;
    const input = `${header}.${payload}`;
    const isSigned = () => verify(null, Buffer.from(input), publicKey, Buffer.from(signature, 'base64url'));
    const isKeyedBy = (secret: Buffer) => {
      const alg = String(read(header)['alg']);
      const hash = ({ HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as Record<string, string>)[alg];
      return hash !== undefined && createHmac(hash, secret).update(input).digest('base64url') === signature;
    };
    return { header, payload, signature, more, read, isSigned, isKeyedBy };
  };
  const carelessly = (judge: (token: ReturnType<typeof open>) => boolean) => (text: string) => {
    try {
      return judge(open(text));
    } catch {
      return false;
    }
  };
  const isLive = (claims: Record<string, unknown>) =>
    Number(claims['exp']) > iat + 60 && Number(claims['iat']) <= iat + 60;

  it.each([
    ['takes alg none', carelessly(({ header, read }) => String(read(header)['alg']).toLowerCase() === 'none')],
    ['lets the header choose HMAC, in PEM', carelessly(({ isKeyedBy }) => isKeyedBy(encodingsOf(publicKey)[0]!))],
    ['lets the header choose HMAC, in JWK', carelessly(({ isKeyedBy }) => isKeyedBy(encodingsOf(publicKey)[11]!))],
    ['finds no key for a kid and takes an empty one', carelessly(({ isKeyedBy }) => isKeyedBy(Buffer.alloc(0)))],
    [
      'believes the key a token brings along',
      carelessly(({ header, payload, signature, read }) => {
        const { jwk } = read(header) as { jwk: { kty: string; crv: string; x: string } };
        const key = createPublicKey({ key: jwk, format: 'jwk' });
        return verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
      }),
    ],
    ['reads claims only', carelessly(({ payload, read }) => isLive(read(payload)))],
    ['checks the signature and nothing else', carelessly(({ isSigned }) => isSigned())],
    ['forgets the header', carelessly(({ isSigned, payload, read }) => isSigned() && isLive(read(payload)))],
    [
      'takes other spellings',
      carelessly(({ header, isSigned, payload, read }) => {
        const { alg, typ } = read(header);
        return (
          isSigned() && alg === 'EdDSA' && typ === 'at+jwt' && read(payload)['iss'] === issuer && isLive(read(payload))
        );
      }),
    ],
    ['takes the first three of five parts', carelessly(({ more, isSigned }) => more.length > 0 && isSigned())],
  ] as const)('that %s', async (_, takes) => {
    expect((await taken(takes, own)).length).toBeGreaterThan(0);
    expect(genuine.token).not.toBe('');
  });
});

it('a token signed with ES256 has one spelling: the other signature of the same numbers is refused', async () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const { genuine, takes, publicKey } = natives[1]!;
  const [header, payload, signature = ''] = genuine.token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')]);
  const input = Buffer.from(`${header}.${payload}`);
  // The control: mathematics takes both.
  expect(verify('sha256', input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, twin)).toBe(true);
  expect(await takes(`${header}.${payload}.${twin.toString('base64url')}`)).toBe(false);
  expect(await takes(genuine.token)).toBe(true);
});

it('a key of another kind than its algorithm’s is damage', async () => {
  for (const [algorithm, other] of [
    ['EdDSA', 'ES256'],
    ['ES256', 'EdDSA'],
    ['RS256', 'EdDSA'],
  ] as const) {
    const secret = await makePrivateKey(other);
    const loading = loadSigningKey({ ...times, id: ids[0]!, family: 'native', algorithm, secret });
    await expect(loading).rejects.toThrow(TypeError);
  }
});

it('no private half can be read back', async () => {
  for (const algorithm of ['EdDSA', 'ES256', 'RS256'] as const) {
    const secret = await makePrivateKey(algorithm);
    const key: LoadedSigningKey = await loadSigningKey({ ...times, id: ids[0]!, family: 'native', algorithm, secret });
    expect(key.key.extractable).toBe(false);
    const members = Object.keys(key.published?.jwk ?? {});
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(members).not.toContain(name);
  }
});
