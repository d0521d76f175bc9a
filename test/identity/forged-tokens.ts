/**
 * Tokens nobody may take: made from one genuine token of a family by everything that has ever fooled a verifier. Those
 * of {@link resignedForgeries} even carry a right signature, as a stolen signer or a sloppy minter would make them.
 *
 * @module
 */
import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Forgery {
  readonly name: string;
  readonly text: string;
}

export interface Genuine {
  readonly token: string;
  /** What a stranger has of the key; `null` where there is only a shared secret. */
  readonly publicKey: KeyObject | null;
  /** Signs any input as the family's own key would, base64url. */
  readonly resign: (input: string) => string;
  /** Tokens of everybody else. */
  readonly foreign: readonly string[];
}

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');
const decode = (segment: string): string => Buffer.from(segment, 'base64url').toString();
const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const algorithms = [
  ...['none', 'None', 'NONE', 'nOnE', 'noNe', ' none', 'none ', 'none\\u0000', '', 'HS256', 'hs256', 'HS384', 'HS512'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS512', 'ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'eddsa', 'Ed25519'],
  ...['Ed448', 'dir', 'A128KW', 'A256GCMKW', 'RSA-OAEP', 'PBES2-HS256+A128KW', 'ECDH-ES'],
];
const attacker = {
  EdDSA: generateKeyPairSync('ed25519'),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

function signAs(alg: keyof typeof attacker, input: string, key: KeyObject): string {
  const data = Buffer.from(input);
  if (alg === 'EdDSA') return sign(null, data, key).toString('base64url');
  if (alg === 'ES256') return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return sign('sha256', data, key).toString('base64url');
}

/** A public key as bytes somebody may take for a shared secret. */
export function encodingsOf(key: KeyObject): readonly Buffer[] {
  const pem = key.export({ format: 'pem', type: 'spki' }).toString();
  const der = key.export({ format: 'der', type: 'spki' });
  const jwk = key.export({ format: 'jwk' });
  const raw = Buffer.from(String(jwk['x'] ?? jwk['n']), 'base64url');
  return [
    ...[pem, pem.trimEnd(), pem.replaceAll('\n', '\r\n'), ` ${pem}`, `\uFEFF${pem}`, `${pem}\n`].map((text) =>
      Buffer.from(text),
    ),
    ...[
      der,
      Buffer.from(der.toString('base64')),
      Buffer.from(der.toString('hex')),
      Buffer.from(der.toString('base64url')),
    ],
    ...[raw, Buffer.from(JSON.stringify(jwk)), Buffer.from(JSON.stringify({ keys: [jwk] }))],
    Buffer.from(pem.replace(/-----[A-Z ]+-----/g, '').replaceAll('\n', '')),
  ];
}

const kids: readonly unknown[] = [
  ...['', '0', '../../../../dev/null', '/dev/null', '..%2f..%2fdev%2fnull', 'file:///dev/null', 'C:\\Windows\\win.ini'],
  ...["x' or '1'='1", "' union select 'AAAA' --", '"; drop table signing_keys; --', '| id', '$(id)', '{{7*7}}', '%00'],
  ...['\u0000', 'a\u0000b', '__proto__', 'constructor', 'toString', 'http://192.0.2.1/key', 'K'.repeat(65_536)],
  ...[['a'], {}, { toString: 'x' }, null, true, 0, 1e308],
];

const canary = 'http://192.0.2.1/keys.json';
const certificate = encode('not a certificate');

/** Made without the key. */
export function forgeries({ token, publicKey, foreign }: Genuine): readonly Forgery[] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const own = JSON.parse(decode(header)) as Record<string, unknown>;
  const claims = JSON.parse(decode(payload)) as Record<string, unknown>;
  const made: Forgery[] = [];
  const add = (name: string, text: string) => {
    if (text !== token && !foreign.includes(text)) made.push({ name, text });
  };
  const raised = encode(JSON.stringify({ ...claims, sub: 'administrator', exp: 4_000_000_000 }));
  const hmacOf = (alg: string, secret: Uint8Array | string, input: string) =>
    createHmac(hashes[alg as keyof typeof hashes] ?? 'sha256', createSecretKey(Buffer.from(secret)))
      .update(input)
      .digest('base64url');
  const secrets = publicKey === null ? [] : encodingsOf(publicKey);

  for (const alg of algorithms) {
    const headers = [{ alg }, { alg, typ: 'JWT' }, { typ: 'JWT', alg }, { ...own, alg }];
    for (const [place, one] of headers.entries()) {
      const head = encode(JSON.stringify(one).replaceAll('\\\\u', '\\u'));
      for (const [body, what] of [
        [payload, 'its claims'],
        [raised, 'raised claims'],
      ] as const) {
        add(`alg ${alg} (${place}), ${what}, no signature`, `${head}.${body}.`);
        add(`alg ${alg} (${place}), ${what}, its signature`, `${head}.${body}.${signature}`);
        add(`alg ${alg} (${place}), ${what}, empty secret`, `${head}.${body}.${hmacOf(alg, '', `${head}.${body}`)}`);
      }
    }
  }
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    for (const one of [{ alg }, { alg, typ: 'JWT' }, { ...own, alg }, own]) {
      const head = encode(JSON.stringify(one));
      for (const [place, secret] of [...secrets, Buffer.from('secret'), Buffer.alloc(64)].entries()) {
        const input = `${head}.${payload}`;
        add(`${alg} keyed by what is public (${place})`, `${input}.${hmacOf(alg, secret, input)}`);
      }
    }
  }
  for (const [place, kid] of kids.entries()) {
    for (const one of [
      { ...own, kid },
      { alg: 'HS256', typ: 'JWT', kid },
      { alg: 'HS256', typ: 'at+jwt', kid },
    ]) {
      const input = `${encode(JSON.stringify(one))}.${payload}`;
      add(`kid ${place}, its signature`, `${input}.${signature}`);
      add(`kid ${place}, empty secret`, `${input}.${hmacOf('HS256', '', input)}`);
    }
    const polluted = `${encode(JSON.stringify(own).replace('}', `,"__proto__":${JSON.stringify({ kid })}}`))}.${payload}`;
    add(`kid ${place} by prototype`, `${polluted}.${signature}`);
  }
  for (const alg of ['EdDSA', 'ES256', 'RS256'] as const) {
    const { privateKey, publicKey: theirs } = attacker[alg];
    const jwk = theirs.export({ format: 'jwk' });
    for (const more of [
      ...[{}, { jwk }, { jwk: { ...jwk, kid: own['kid'] } }, { jku: canary }, { x5u: canary }, { x5c: [certificate] }],
      ...[{ jwk, jku: canary }, { x5t: certificate }, { 'x5t#S256': certificate }, { kid: canary }],
    ]) {
      for (const base of [own, { typ: 'JWT' }, { typ: 'at+jwt' }]) {
        const input = `${encode(JSON.stringify({ ...base, alg, ...more }))}.${payload}`;
        add(`${alg} by a key of theirs, ${Object.keys(more).join()}`, `${input}.${signAs(alg, input, privateKey)}`);
      }
    }
    const input = `${header}.${payload}`;
    add(`the own header, signed with ${alg} by a key of theirs`, `${input}.${signAs(alg, input, privateKey)}`);
  }
  const oct = { kty: 'oct', k: encode('k'.repeat(64)) };
  const withOct = `${encode(JSON.stringify({ alg: 'HS256', jwk: oct }))}.${payload}`;
  add('a shared secret it brings along', `${withOct}.${hmacOf('HS256', 'k'.repeat(64), withOct)}`);
  for (const more of [
    ...[
      { crit: ['exp'] },
      { crit: [] },
      { crit: ['b64'], b64: false },
      { b64: false },
      { crit: 'exp' },
      { zip: 'DEF' },
    ],
    ...[
      { cty: 'JWT' },
      { enc: 'A256GCM' },
      { typ: 'jwt' },
      { typ: 'application/at+jwt' },
      { typ: 'id+jwt' },
      { typ: '' },
    ],
    ...[{ use: 'enc' }, { key_ops: ['verify'] }, { p2c: 2_147_483_647 }, { nonce: 'x' }],
  ]) {
    add(
      `header with ${JSON.stringify(more)}`,
      `${encode(JSON.stringify({ ...own, ...more }))}.${payload}.${signature}`,
    );
  }
  for (const segment of [header, payload, signature]) {
    const replace = (other: string) =>
      [header, payload, signature].map((one) => (one === segment ? other : one)).join('.');
    for (const last of alphabet) {
      const other = segment.slice(0, -1) + last;
      const isSame = Buffer.from(other, 'base64url').equals(Buffer.from(segment, 'base64url'));
      if (isSame || last < 'F') add(`last character ${last}`, replace(other));
    }
    for (const other of [
      `${segment}=`,
      `${segment}==`,
      ` ${segment}`,
      `${segment} `,
      `${segment}\n`,
      `${segment}A`,
      '',
    ]) {
      add('another spelling', replace(other));
    }
    add('the other alphabet', replace(`${segment.slice(0, -2)}+/`));
  }
  const pieces = [header, payload, signature];
  for (const parts of [
    ...[[], [header], [header, payload], [...pieces, ''], [...pieces, 'AAAA'], [...pieces, 'AAAA', 'AAAA']],
    ...[
      ['', ...pieces],
      [payload, header, signature],
      [header, '', signature],
      ['', payload, signature],
    ],
    ...[[encode('{"alg":"dir","enc":"A256GCM"}'), '', 'AAAA', 'AAAA', 'AAAA']],
    [encode('{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2147483647}'), 'AAAA', 'AAAA', 'AAAA', 'AAAA'],
  ]) {
    add(`${parts.length} parts`, parts.join('.'));
  }
  for (const text of [
    ...[`"${token}"`, `Bearer ${token}`, `${token}.`, `.${token}`, token.toUpperCase(), token.replaceAll('.', '..')],
    ...[
      JSON.stringify({ payload, protected: header, signature }),
      encode(token),
      `${encode(token)}.${encode(token)}.AA`,
    ],
    ...['.'.repeat(9000), 'A'.repeat(9000), `${header}.${'A'.repeat(1_048_576)}.${signature}`, '\u0000', ''],
    ...[`${'A'.repeat(65_536)}.${payload}.${signature}`, `${header}.${payload}.${'A'.repeat(65_536)}`],
  ]) {
    add(`as text of ${text.length}`, text);
  }
  for (let at = 0; at < token.length; at += Math.ceil(token.length / 60)) {
    add(`truncated at ${at}`, token.slice(0, at));
    add(`changed at ${at}`, token.slice(0, at) + (token[at] === 'x' ? 'y' : 'x') + token.slice(at + 1));
  }
  for (const other of foreign) {
    const [theirHeader = '', theirPayload = '', theirSignature = ''] = other.split('.');
    add('claims of another', `${header}.${theirPayload}.${signature}`);
    add('signature of another', `${header}.${payload}.${theirSignature}`);
    add('header of another', `${theirHeader}.${payload}.${signature}`);
    add('another under its signature', `${header}.${theirPayload}.${theirSignature}`);
  }
  return made;
}

/** Signed with the family's own key, and not what the family mints. */
export function resignedForgeries({ token, resign }: Genuine): readonly Forgery[] {
  const [header = '', payload = ''] = token.split('.').map(decode);
  const made: Forgery[] = [];
  const add = (name: string, head: string, body: string | Uint8Array) => {
    const input = `${encode(head)}.${encode(body)}`;
    const text = `${input}.${resign(input)}`;
    if (head !== header || body !== payload) made.push({ name: `${name}, well signed`, text });
  };
  const members = JSON.parse(payload) as Record<string, unknown>;
  const { exp, iat } = members as { exp: number; iat: number };
  const withHead = (more: object) => JSON.stringify({ ...(JSON.parse(header) as object), ...more });
  for (const head of [
    ...[
      ` ${header}`,
      `${header} `,
      `\uFEFF${header}`,
      header.replace('"alg"', '"\\u0061lg"'),
      '{}',
      '[]',
      'null',
      '{',
      '',
    ],
    ...[header.replace('{', '{"alg":"none",'), header.replace('}', ',"alg":"none"}'), header.replace(':', ' : ')],
    ...[
      withHead({ crit: ['exp'] }),
      withHead({ crit: ['b64'], b64: false }),
      withHead({ zip: 'DEF' }),
      withHead({ jku: canary }),
    ],
    ...[
      withHead({ typ: 'jwt' }),
      withHead({ typ: 'dpop+jwt' }),
      withHead({ typ: 'logout+jwt' }),
      withHead({ cty: 'JWT' }),
    ],
    ...[
      withHead({ kid: '../../dev/null' }),
      withHead({ kid: ['a'] }),
      withHead({ kid: 'K'.repeat(4000) }),
      withHead({ x: 1 }),
    ],
  ]) {
    add(`header ${head.slice(0, 60)}`, head, payload);
  }
  for (const name of Object.keys(members)) {
    const value = JSON.stringify(members[name]);
    const [at, open] = [`"${name}":${value}`, `{"${name}":${value},`];
    add(`${name} twice, first`, header, payload.replace('{', open));
    add(`${name} twice, last`, header, payload.replace(/\}$/, `,"${name}":"x"}`));
    add(
      `${name} escaped`,
      header,
      payload.replace(`"${name}"`, `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}"`),
    );
    add(`${name} missing`, header, JSON.stringify({ ...members, [name]: undefined }));
    for (const other of ['null', 'true', '[]', '{}', `[${value}]`, '""', '-1', '1e400', '9007199254740993']) {
      add(`${name} is ${other}`, header, payload.replace(at, `"${name}":${other}`));
    }
  }
  for (const [name, seconds] of [
    ['exp', exp],
    ['iat', iat],
  ] as const) {
    for (const other of [
      `"${seconds}"`,
      `${seconds}.0`,
      `${seconds}.5`,
      `${seconds / 10}e1`,
      `+${seconds}`,
      `0${seconds}`,
      `${-seconds}`,
    ]) {
      add(`${name} as ${other}`, header, payload.replace(`"${name}":${seconds}`, `"${name}":${other}`));
    }
  }
  const timed = (from: number, to: number) => JSON.stringify({ ...members, iat: from, exp: to });
  const life = exp - iat;
  add('expired', header, timed(iat - 10 * life, iat - 9 * life));
  add('expired this second', header, timed(iat - life, iat));
  add('not yet', header, timed(iat + 86_400, iat + 86_400 + life));
  add('of the future by a second more than a minute', header, timed(iat + 61, iat + 61 + life));
  add('ends before it begins', header, timed(iat, iat - 1));
  add('ends as it begins', header, timed(iat, iat));
  for (const body of [
    ...[` ${payload}`, `${payload}\n`, `\uFEFF${payload}`, `[${payload}]`, '[]', 'null', '{}', '', 'x', '"x"', '1'],
    ...[payload.replace(/\}$/, ',"admin":true}'), payload.replace(/\}$/, ',"__proto__":{"exp":9999999999}}')],
    ...[payload.replaceAll(',', ', '), payload.replace(/\}$/, ',"nbf":9999999999}'), payload.replace(/\}$/, ',}')],
    JSON.stringify(Object.fromEntries(Object.entries(members).reverse())),
    JSON.stringify({ ...members, more: 'x'.repeat(9000) }),
  ]) {
    add(`payload ${body.slice(0, 40)}`, header, body);
  }
  const broken = Buffer.from(payload);
  broken[9] = 0xff;
  add('no UTF-8', header, broken);
  return made;
}
