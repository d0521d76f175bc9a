/**
 * `/setup/<code>`: the way in for the first administrator. Opening the page uses nothing up, so that link previews do
 * no harm; sending the form does.
 *
 * @module
 */
import { identityErrors } from '../../identity/index.js';
import { AppError } from '../../kernel/errors.js';
import { Secret } from '../../kernel/secret.js';
import type { Answer } from '../kit/answer.js';
import type { Call, Route } from '../kit/route.js';
import { donePage, formPage, goneLinkPage } from './setup-page.js';

export const setupRoutes: readonly Route[] = [
  { method: 'GET', path: '/setup/:code', body: 'none', answersHead: true, accepts: 'anyone', handle: showForm },
  { method: 'POST', path: '/setup/:code', body: 'form', accepts: 'anyone', handle: complete },
];

async function showForm({ core }: Call): Promise<Answer> {
  return (await core.identity.setup.isNeeded()) ? formPage(200, { username: '', fault: null }) : goneLinkPage();
}

async function complete({ core, params, body, origin }: Call): Promise<Answer> {
  const fields = body instanceof Map ? body : new Map<string, string>();
  const username = fields.get('username') ?? '';
  const password = fields.get('password') ?? '';
  if (username === '' || password === '') return formPage(400, { username, fault: 'Both fields are needed.' });
  if (password !== fields.get('confirm')) {
    return formPage(400, { username, fault: 'The two passwords are not the same.' });
  }
  try {
    const code = new Secret(params['code'] ?? '');
    const profile = await core.identity.setup.complete(code, { username, password: new Secret(password) }, origin);
    return donePage(profile.user.username);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === identityErrors.setup_code_invalid.code) return goneLinkPage();
    // What the person can mend by typing something else.
    if (error.kind === 'invalid_input' || error.kind === 'conflict') {
      const fix = error.details.fix === undefined ? '' : ` ${error.details.fix}`;
      return formPage(400, { username, fault: `${error.message}${fix}` });
    }
    throw error;
  }
}
