import { expect, test } from 'vitest';
import { Secret } from '../../kernel/secret.js';
import { signNotice } from './sign-notice.js';

test('signs as the scheme’s own example does', () => {
  const key = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  // Half a second is not told.
  expect(signNotice(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_500, '{"test": 2432232314}')).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('signs the bytes of the body and not its letters', () => {
  const key = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const signatures = ['é', 'e\u0301', '?'].map((body) => signNotice(key, 'id', 0, body)['webhook-signature']);
  expect(new Set(signatures).size).toBe(3);
});
