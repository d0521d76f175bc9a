import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { proveByScram } from './scram.js';

const clientNonce = 'rOprNGfwEbeRWgbNEkqO';
const nonce = `${clientNonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';

interface DriverSession {
  message: string;
  mechanism: string;
  clientNonce: string;
  response: string;
  serverSignature: string;
}
const driver = createRequire(import.meta.url)('pg/lib/crypto/sasl.js') as {
  continueSession(session: Partial<DriverSession>, password: string, serverFirst: string): Promise<void>;
};

describe('the proof of SCRAM-SHA-256', () => {
  const passwords = ['pencil', 'Ⅸ\u00adX \u00a0\u200b\u3000', 'a\u030a\u2060\ufe0fä\u200d', '🗝️ key', 'é'.repeat(300)];
  it.each(passwords)('is what the driver makes of the same: %j', async (password) => {
    const serverFirst = `r=${nonce},s=${salt},i=4096`;
    const session: Partial<DriverSession> = { message: 'SASLInitialResponse', mechanism: 'SCRAM-SHA-256', clientNonce };
    await driver.continueSession(session, password, serverFirst);
    const { final, serverSignature } = await proveByScram(password, clientNonce, serverFirst);
    expect({ final, serverSignature }).toEqual({ final: session.response, serverSignature: session.serverSignature });
  });

  it.each([
    ['a nonce that is not ours', `r=other,s=${salt},i=4096`],
    ['our nonce and nothing behind it', `r=${clientNonce},s=${salt},i=4096`],
    ['no salt', `r=${nonce},s=,i=4096`],
    ['a salt that is none', `r=${nonce},s=abc,i=4096`],
    ['no rounds', `r=${nonce},s=${salt},i=0`],
    ['more rounds than anybody needs', `r=${nonce},s=${salt},i=100001`],
    ['an extension that has to be understood', `m=x,r=${nonce},s=${salt},i=4096`],
    ['nothing', ''],
  ])('is not made for %s', async (_what, serverFirst) => {
    await expect(proveByScram('pencil', clientNonce, serverFirst)).rejects.toThrow(/^SASL: /);
  });
});
