import { createHmac, webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { type LoadedSigningKey, type MintedFamily, mintAccessToken, verifyAccessToken } from './access-token.js';

const iat = 1_777_162_107;
const nowMs = (iat + 60) * 1000;
const secrets = {
  precrime: new Uint8Array(64).fill(1),
  cloudio: new Uint8Array(64).fill(2),
  onedb: new Uint8Array(64).fill(3),
};
const families = ['precrime', 'cloudio', 'onedb'] as const;

async function keyOf(family: MintedFamily, secret: Uint8Array = secrets[family]): Promise<LoadedSigningKey> {
  const algorithm = family === 'onedb' ? 'HS512' : 'HS256';
  const hash = family === 'onedb' ? 'SHA-512' : 'SHA-256';
  const key = await webcrypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['sign', 'verify']);
  return { id: family, family, algorithm, createdAtMs: 0, signsFromMs: 0, retiredAtMs: null, key, published: null };
}
const keys = {
  precrime: await keyOf('precrime'),
  cloudio: await keyOf('cloudio'),
  onedb: await keyOf('onedb'),
};

const claims = {
  precrime: { sub: 'id-1', unique_name: 'john.doe', jti: 's-1', iat, exp: iat + 3600, company: 1 },
  cloudio: { session: 's-2', csrf: 'c-2', org_uid: 'cloudio', iat, exp: iat + 43_200 },
  onedb: { sub: 'api', exp: iat + 18_000, iat },
};
const headers = {
  precrime: '{"alg":"HS256","typ":"JWT"}',
  cloudio: '{"alg":"HS256","typ":"JWT"}',
  onedb: '{"alg":"HS512"}',
};
const payloads = {
  precrime: `{"sub":"id-1","unique_name":"john.doe","jti":"s-1","iat":${iat},"exp":${iat + 3600},"company":1}`,
  cloudio: `{"session":"s-2","csrf":"c-2","org_uid":"cloudio","iat":${iat},"exp":${iat + 43_200}}`,
  onedb: `{"sub":"api","exp":1777180107,"iat":1777162107}`,
};
const encode = (text: string | Uint8Array) => Buffer.from(text).toString('base64url');

function hmac(
  family: MintedFamily,
  input: string,
  hash = family === 'onedb' ? 'sha512' : 'sha256',
  secret = secrets[family],
) {
  return createHmac(hash, secret).update(input).digest('base64url');
}
/** A token with the family's own, right signature over whatever is given. */
function signed(family: MintedFamily, header: string, payload: string | Uint8Array) {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${hmac(family, input)}`;
}
const mint = {
  precrime: () => mintAccessToken('precrime', claims.precrime, keys.precrime),
  cloudio: () => mintAccessToken('cloudio', claims.cloudio, keys.cloudio),
  onedb: () => mintAccessToken('onedb', claims.onedb, keys.onedb),
};
const verify = (family: MintedFamily, text: string, atMs = nowMs) =>
  verifyAccessToken(family, new Secret(text), [keys[family]], atMs);

describe.each(families)('a token of %s', (family) => {
  it('is minted to the byte', async () => {
    const [header = '', payload = '', signature] = (await mint[family]()).reveal().split('.');
    expect(Buffer.from(header, 'base64url').toString()).toBe(headers[family]);
    expect(Buffer.from(payload, 'base64url').toString()).toBe(payloads[family]);
    expect(signature).toBe(hmac(family, `${header}.${payload}`));
  });

  it('is verified, and its claims are those it was minted with', async () => {
    const verified = await verify(family, (await mint[family]()).reveal());
    expect(verified).toEqual({ family, claims: claims[family], isExpired: false });
  });

  it('is expired from the second its exp names, and not a millisecond sooner', async () => {
    const token = (await mint[family]()).reveal();
    const expMs = claims[family].exp * 1000;
    expect(await verify(family, token, expMs - 1)).toMatchObject({ isExpired: false });
    expect(await verify(family, token, expMs)).toMatchObject({ isExpired: true });
    expect(await verify(family, token, expMs + 1e10)).toMatchObject({ isExpired: true });
  });

  it('is not ours before it was issued', async () => {
    const token = (await mint[family]()).reveal();
    expect(await verify(family, token, iat * 1000 - 1)).toBeNull();
    expect(await verify(family, token, iat * 1000)).not.toBeNull();
  });

  it('is no token of another family, under any key', async () => {
    const token = await mint[family]();
    for (const other of families) {
      if (other === family) continue;
      expect(await verifyAccessToken(other, token, [keys[other]], nowMs)).toBeNull();
      expect(await verifyAccessToken(other, token, [keys[family]], nowMs)).toBeNull();
      expect(await verifyAccessToken(family, token, [keys[other]], nowMs)).toBeNull();
    }
  });

  it('under one of several keys is found', async () => {
    const other = await keyOf(family, new Uint8Array(64).fill(99));
    expect(await verifyAccessToken(family, await mint[family](), [other, keys[family]], nowMs)).not.toBeNull();
    expect(await verifyAccessToken(family, await mint[family](), [other], nowMs)).toBeNull();
    expect(await verifyAccessToken(family, await mint[family](), [], nowMs)).toBeNull();
  });

  it('is signed by the key of its family only', async () => {
    const wrong = families.find((other) => other !== family)!;
    await expect(mintAccessToken(family, claims[family] as never, keys[wrong])).rejects.toThrow(TypeError);
  });

  const { alg } = JSON.parse(headers[family]) as { alg: string };
  const otherHeaders = [
    ...['none', 'None', 'NONE', 'nOnE', '', 'hs256', 'HS384', 'RS256', 'ES256', 'EdDSA', 'PS256', 'dir', 'A128KW'],
    ...[alg === 'HS256' ? 'HS512' : 'HS256'],
  ].map((name) => `{"alg":"${name}"}`);
  it.each([
    ...otherHeaders,
    ...otherHeaders.map((header) => header.replace('}', ',"typ":"JWT"}')),
    `{"typ":"JWT","alg":"${alg}"}`,
    `{"alg":"${alg}","typ":"jwt"}`,
    `{"alg":"${alg}","typ":"at+jwt"}`,
    ` ${headers[family]}`,
    `${headers[family]} `,
    `\uFEFF${headers[family]}`,
    headers[family].replace('"alg"', '"\\u0061lg"'),
    headers[family].replace('{', `{"alg":"none",`),
    headers[family].replace('}', `,"alg":"${alg}"}`),
    headers[family].replace('}', ',"kid":"1"}'),
    headers[family].replace('}', ',"kid":"../../../dev/null"}'),
    headers[family].replace('}', `,"kid":"x' or '1'='1"}`),
    headers[family].replace('}', ',"kid":["a"]}'),
    headers[family].replace('}', ',"__proto__":{"alg":"none"}}'),
    headers[family].replace('}', ',"jwk":{"kty":"oct","k":"AA"}}'),
    headers[family].replace('}', ',"jku":"http://192.0.2.1/keys"}'),
    headers[family].replace('}', ',"x5u":"http://192.0.2.1/cert"}'),
    headers[family].replace('}', ',"x5c":["AA"]}'),
    headers[family].replace('}', ',"crit":["b64"],"b64":false}'),
    headers[family].replace('}', ',"crit":["exp"]}'),
    headers[family].replace('}', ',"zip":"DEF"}'),
    headers[family].replace('}', ',"cty":"JWT"}'),
    '[]',
    'null',
    '"HS256"',
    '{}',
    '{',
  ])('with the header %s is refused, although its signature is right', async (header) => {
    if (header === headers[family]) throw new Error('that is the right one');
    expect(await verify(family, signed(family, header, payloads[family]))).toBeNull();
  });

  const exp = claims[family].exp;
  it.each([
    payloads[family].replace('}', ',"admin":true}'),
    payloads[family].replace('{', `{"iat":${iat},`),
    payloads[family].replace('}', `,"exp":${exp}}`),
    payloads[family].replace('}', ',"__proto__":{"exp":9999999999}}'),
    payloads[family].replace('"iat"', '"\\u0069at"'),
    payloads[family].replace(`"exp":${exp}`, `"exp":"${exp}"`),
    payloads[family].replace(`"exp":${exp}`, `"exp":${exp}.0`),
    payloads[family].replace(`"exp":${exp}`, `"exp":${exp}.5`),
    payloads[family].replace(`"exp":${exp}`, `"exp":${exp / 10}e1`),
    payloads[family].replace(`"exp":${exp}`, '"exp":1e400'),
    payloads[family].replace(`"exp":${exp}`, '"exp":-1'),
    payloads[family].replace(`"exp":${exp}`, '"exp":null'),
    payloads[family].replace(`"exp":${exp}`, `"exp":[${exp}]`),
    payloads[family].replace(`"exp":${exp}`, '"exp":9007199254740993'),
    payloads[family].replace(`"exp":${exp}`, `"exp":${iat}`),
    payloads[family].replace(`,"exp":${exp}`, ''),
    payloads[family].replace(`"iat":${iat}`, `"iat":${iat}.0`),
    payloads[family].replace(`"iat":${iat}`, `"iat":"${iat}"`),
    payloads[family].replace(`"iat":${iat}`, `"iat":true`),
    ` ${payloads[family]}`,
    `${payloads[family]}\n`,
    `\uFEFF${payloads[family]}`,
    '[]',
    'null',
    '{}',
    '',
    'x',
  ])('with the payload %s is refused, although its signature is right', async (payload) => {
    expect(await verify(family, signed(family, headers[family], payload))).toBeNull();
  });

  it('whose payload is no UTF-8 is refused, although its signature is right', async () => {
    const bytes = Buffer.from(payloads[family]);
    bytes[9] = 0xff;
    expect(await verify(family, signed(family, headers[family], bytes))).toBeNull();
  });

  it('has exactly one spelling: every other way to write its bytes is refused', async () => {
    const token = (await mint[family]()).reveal();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const withOtherTrailingBits = (segment: string) =>
      [...alphabet]
        .map((last) => segment.slice(0, -1) + last)
        .filter(
          (other) => other !== segment && Buffer.from(other, 'base64url').equals(Buffer.from(segment, 'base64url')),
        );
    const spellings = [
      ...withOtherTrailingBits(header).map((other) => `${other}.${payload}.${signature}`),
      ...withOtherTrailingBits(payload).map((other) => `${header}.${other}.${signature}`),
      ...withOtherTrailingBits(signature).map((other) => `${header}.${payload}.${other}`),
      ...[`${token}=`, `${token}==`, ` ${token}`, `${token} `, `${token}\n`, `\t${token}`, `${token}\0`, `"${token}"`],
      ...[`${header}=.${payload}.${signature}`, `${header}.${payload}==.${signature}`, `Bearer ${token}`],
      `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`,
      `${header}.${payload.slice(0, 4)}\n${payload.slice(4)}.${signature}`,
      token.toUpperCase(),
    ].filter((other) => other !== token);
    expect(spellings.length).toBeGreaterThan(10);
    for (const other of spellings) expect(await verify(family, other), other).toBeNull();
  });

  it('with any one byte changed is refused', async () => {
    const token = (await mint[family]()).reveal();
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'Q' : 'A';
      expect(await verify(family, token.slice(0, at) + other + token.slice(at + 1)), String(at)).toBeNull();
    }
  });

  it.each([
    ['nothing', ''],
    ['dots', '..'],
    ['four dots', '....'],
    ['no signature', `${encode(headers[family])}.${encode(payloads[family])}.`],
    ['no header', `.${encode(payloads[family])}.${hmac(family, 'x')}`],
    ['two parts', `${encode(headers[family])}.${encode(payloads[family])}`],
    ['four parts', `${signed(family, headers[family], payloads[family])}.AAAA`],
    ['an encrypted token of five parts', `${signed(family, headers[family], payloads[family])}.AAAA.AAAA`],
    ['JSON serialization', JSON.stringify({ payload: encode(payloads[family]), signatures: [] })],
    ['a token in a token', signed(family, headers[family], signed(family, headers[family], payloads[family]))],
    [
      'an empty key',
      `${encode(headers[family])}.${encode(payloads[family])}.${createHmac('sha256', '').update('').digest('base64url')}`,
    ],
    ['64 KB of header', `${'A'.repeat(65_536)}.${encode(payloads[family])}.AAAA`],
    ['64 KB of signature', `${encode(headers[family])}.${encode(payloads[family])}.${'A'.repeat(65_536)}`],
    ['a megabyte', 'A'.repeat(1_048_576)],
    ['a megabyte of dots', '.'.repeat(1_048_576)],
  ])('is not %s', async (_, text) => {
    expect(await verify(family, text)).toBeNull();
  });

  it('over 8 KiB is refused, although we would have signed it', async () => {
    const long = payloads[family].replace(/"(id-1|s-2|api)"/, `"${'x'.repeat(9000)}"`);
    expect(await verify(family, signed(family, headers[family], long))).toBeNull();
    const short = payloads[family].replace(/"(id-1|s-2|api)"/, `"${'x'.repeat(4000)}"`);
    expect(await verify(family, signed(family, headers[family], short))).not.toBeNull();
  });
});

it('a life other than the family’s own is not ours', async () => {
  for (const [family, wrong] of [
    ['precrime', { ...claims.precrime, exp: iat + 3601 }],
    ['onedb', { ...claims.onedb, exp: iat + 17_999 }],
  ] as const) {
    expect(await verify(family, signed(family, headers[family], JSON.stringify(wrong)))).toBeNull();
  }
});
