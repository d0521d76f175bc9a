/**
 * The pages of the first start: one form that makes the first administrator. Plain HTML without script, readable on a
 * phone, light or dark as the reader's system says; its own style is allowed by its hash and nothing else is.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { type Answer, html } from '../kit/answer.js';

const style = `
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { font: inherit; width: 100%; padding: .6rem; margin-top: .25rem; }
button { font: inherit; font-weight: 600; width: 100%; padding: .7rem; margin-top: 1.5rem; }
p.hint { margin: .25rem 0 0; font-size: .9rem; opacity: .8; }
p.fault { border-left: .3rem solid #c0392b; padding: .5rem .75rem; margin: 1rem 0; }
a.next { font-weight: 600; }
`;

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface FormState {
  /** What was typed as the name, kept when the form comes again; the password never is. */
  readonly username: string;
  /** Why the form comes again. */
  readonly fault: string | null;
}

export function formPage(status: number, { username, fault }: FormState): Answer {
  return page(
    status,
    'Set up Latchkey',
    `<p>Make the first administrator of this installation. This link works once.</p>
${fault === null ? '' : `<p class="fault" role="alert">${escapeHtml(fault)}</p>`}
<form method="post" autocomplete="on">
<label for="username">User name</label>
<input id="username" name="username" value="${escapeHtml(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" aria-describedby="hint" required>
<p class="hint" id="hint">Long beats complicated: a few unusual words are fine. Pasting from a password manager is welcome.</p>
<label for="confirm">Password, once more</label>
<input id="confirm" name="confirm" type="password" autocomplete="new-password" required>
<button type="submit">Make administrator</button>
</form>`,
  );
}

export function donePage(username: string): Answer {
  return page(
    200,
    'Latchkey is set up',
    `<p><strong>${escapeHtml(username)}</strong> is the administrator of this installation. This link is used up.</p>
<p><a class="next" href="/console/">Open the console</a> and sign in with that name and password.</p>
<p>People, service accounts and keys can also be made at the terminal: <code>latchkey user add --help</code>.</p>`,
  );
}

export function goneLinkPage(): Answer {
  return page(
    404,
    'This link does not work',
    `<p>It was used, is older than 30 minutes, or was replaced by a newer one; or this installation has an administrator
already.</p>
<p>A restart of the service prints a new link while there is no administrator, and
<code>latchkey admin create</code> does the same at the terminal.</p>`,
  );
}

function page(status: number, title: string, body: string): Answer {
  return html(
    status,
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`,
    { 'content-security-policy': policy },
  );
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
