/** From values of the house to cloudio bodies. @module */
import type { SignIn } from '../../../identity/index.js';

/** The answer of sign-in. Every member is a string in the published sample; an address that is not known is empty. */
export function presentSignIn({ profile, session, token, csrf }: SignIn): object {
  return {
    orgUid: profile.organisation.uid,
    sessionId: session.id,
    userName: profile.user.username,
    displayName: profile.user.displayName,
    emailAddress: profile.user.email ?? '',
    csrf: csrf?.reveal() ?? '',
    jwt: token.reveal(),
    status: 'OK',
  };
}

export const ok = { status: 'OK' };
