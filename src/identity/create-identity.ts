/** Puts the verbs of identity together. No rule lives here. @module */
import { assertAllowed } from './administration.js';
import { rotateKey } from './api-key-rotation.js';
import { createKeyUses } from './api-key-uses.js';
import {
  addKeyFor,
  addOwnKey,
  listKeysOf,
  listOwnKeys,
  narrowKeyById,
  removeKeyById,
  removeOwnKey,
  showKey,
} from './api-keys.js';
import { authenticate } from './authenticate.js';
import { authenticateClient, grantToClient } from './client-credentials.js';
import { currentSession } from './console-session.js';
import { createCounts } from './counts.js';
import type { IdentityDeps } from './deps.js';
import { identityErrors } from './errors.js';
import { createExpiringCounts, listExpiring } from './expiring.js';
import { createGuessBudget } from './guess-budget.js';
import { createGuessRecords } from './guess-budget-record.js';
import type { HeldCredential } from './held-credential.js';
import { introspectToken } from './introspect-token.js';
import { createLastSeen } from './last-seen.js';
import { login } from './login.js';
import { logout } from './logout.js';
import { tokenFamilies } from './model.js';
import { findNames, findOrganisationId, findUserId } from './names.js';
import { issueNativeToken } from './native-token-issue.js';
import { addOrganisation, listOrganisations, listRoles, removeOrganisation, showOrganisation } from './orgs.js';
import type { IdentityParts } from './parts.js';
import { changePassword } from './password.js';
import { createDecoys } from './password-hash.js';
import { makePassword } from './password-making.js';
import { estimateStrength } from './password-strength.js';
import { localPrincipal } from './principal.js';
import { createRefusalRecorder } from './record-refusal.js';
import { renew } from './renew.js';
import { revokeInstall, revokeOrganisation, revokeUser } from './revocations.js';
import { revokeToken } from './revoke-token.js';
import { addRole, listAllRoles, removeRole, setRole, showRole } from './roles.js';
import { listSigningKeys, rotateSigningKeys } from './rotate-signing-keys.js';
import { listSessions, logoutEverywhere, revokeSession } from './sessions.js';
import { completeSetup, isSetupNeeded, issueSetupCode } from './setup.js';
import { createSigningKeys } from './signing-keys.js';
import { publishedKeys } from './signing-keys-publish.js';
import { startKeySchedule } from './signing-keys-schedule.js';
import { createSweep } from './sweep-sessions.js';
import type { Identity } from './use-cases.js';
import { addUser, disableUser, enableUser, listUsers, removeUser, resetPassword, setUser, showUser } from './users.js';
import { createVerifiedCredentials } from './verified-credentials.js';
import { vouch } from './vouch.js';

const minKeyBytes = 32;

/** @throws TypeError when a key is too short to be one. */
export function createIdentity(deps: IdentityDeps): Identity {
  for (const key of [deps.digestKey, deps.decoyKey]) {
    if (key.reveal().length < minKeyBytes) throw new TypeError('identity needs keys of at least 32 bytes');
  }
  const signingKeys = createSigningKeys(deps);
  const parts: IdentityParts = {
    ...deps,
    decoys: createDecoys({ ...deps, parameters: deps.policy.passwordParameters }),
    signingKeys,
    guesses: createGuessBudget(deps),
    guessRecords: createGuessRecords(deps),
    lastSeen: createLastSeen(deps),
    keyUses: createKeyUses(deps),
    recordRefusal: createRefusalRecorder(deps),
    sweep: createSweep(deps),
    verified: createVerifiedCredentials<HeldCredential>({
      changes: deps.store.credentialChanges,
      ids: deps.ids,
      observer: deps.observer,
      onEverybody: () => {
        for (const family of tokenFamilies) signingKeys.forget(family);
      },
    }),
  };
  const settle = async () => {
    await Promise.all([parts.lastSeen.settle(), parts.keyUses.settle(), parts.sweep.settle()]);
  };
  return {
    login: (input) => login(parts, input),
    authenticate: (input) => authenticate(parts, input),
    authenticateClient: (input) => authenticateClient(parts, input),
    localPrincipal,
    assertAllowed: (principal, action, origin) => assertAllowed(parts, principal, action, origin),
    vouch: (principal, required, origin) => vouch(parts, principal, required, origin),
    renew: (principal, origin) => renew(parts, principal, origin),
    logout: (principal, origin) => logout(parts, principal, origin),
    async profile({ userId }) {
      const profile = userId === null ? null : await parts.store.findProfile(userId);
      if (profile === null) throw identityErrors.unauthenticated();
      return profile;
    },
    changePassword: (change) => changePassword(parts, change),
    apiKeys: {
      add: (principal, input, origin) => addOwnKey(parts, principal, input, origin),
      list: (principal, page) => listOwnKeys(parts, principal, page),
      remove: (principal, reference, origin) => removeOwnKey(parts, principal, reference, origin),
      addFor: (actor, username, input) => addKeyFor(parts, actor, username, input),
      listOf: (actor, username, page) => listKeysOf(parts, actor, username, page),
      removeById: (actor, keyId) => removeKeyById(parts, actor, keyId),
      show: (actor, keyId) => showKey(parts, actor, keyId),
      rotate: (actor, keyId, order) => rotateKey(parts, actor, keyId, order),
      narrow: (actor, keyId, change) => narrowKeyById(parts, actor, keyId, change),
    },
    sessions: {
      current: (principal) => currentSession(parts, principal),
      list: (actor, question, page) => listSessions(parts, actor, question, page),
      revoke: (actor, sessionId) => revokeSession(parts, actor, sessionId),
      logoutEverywhere: (principal, origin) => logoutEverywhere(parts, principal, origin),
    },
    expiring: { list: (actor, withinMs) => listExpiring(parts, actor, withinMs), count: createExpiringCounts(parts) },
    users: {
      add: (actor, user) => addUser(parts, actor, user),
      list: (actor, question, page) => listUsers(parts, actor, question, page),
      show: (actor, username) => showUser(parts, actor, username),
      set: (actor, username, change) => setUser(parts, actor, username, change),
      resetPassword: (actor, username, input) => resetPassword(parts, actor, username, input),
      disable: (actor, username) => disableUser(parts, actor, username),
      enable: (actor, username) => enableUser(parts, actor, username),
      remove: (actor, username) => removeUser(parts, actor, username),
    },
    names: {
      find: (principal, ids, origin) => findNames(parts, principal, ids, origin),
      userId: (principal, reference, origin) => findUserId(parts, principal, reference, origin),
      organisationId: (principal, reference, origin) => findOrganisationId(parts, principal, reference, origin),
    },
    count: createCounts(parts),
    passwords: {
      make: () => makePassword(parts.ids),
      strength: (password) => estimateStrength(password),
    },
    roles: {
      add: (actor, input) => addRole(parts, actor, input),
      list: (actor, filter, page) => listAllRoles(parts, actor, filter, page),
      show: (actor, reference) => showRole(parts, actor, reference),
      set: (actor, reference, change) => setRole(parts, actor, reference, change),
      remove: (actor, reference) => removeRole(parts, actor, reference),
    },
    organisations: {
      add: (actor, input) => addOrganisation(parts, actor, input),
      list: (actor, page) => listOrganisations(parts, actor, page),
      show: (actor, uid) => showOrganisation(parts, actor, uid),
      roles: (actor, uid) => listRoles(parts, actor, uid),
      remove: (actor, uid) => removeOrganisation(parts, actor, uid),
    },
    revocations: {
      revokeUser: (actor, username, order) => revokeUser(parts, actor, username, order),
      revokeOrganisation: (actor, uid, order) => revokeOrganisation(parts, actor, uid, order),
      revokeInstall: (actor, order) => revokeInstall(parts, actor, order),
      startSweep: () => parts.sweep.start(),
    },
    keys: {
      list: (actor) => listSigningKeys(parts, actor),
      rotate: (actor, family, order) => rotateSigningKeys(parts, actor, family, order),
      published: () => publishedKeys(parts),
      startSchedule: () => startKeySchedule(parts),
    },
    tokens: {
      issuer: () => parts.issuer?.() ?? null,
      grantToClient: (input) => grantToClient(parts, input),
      introspect: (principal, token, origin) => introspectToken(parts, principal, token, origin),
      revoke: (principal, token, origin) => revokeToken(parts, principal, token, origin),
    },
    nativeTokens: {
      issue: (principal, request, origin) => issueNativeToken(parts, principal, request, origin),
    },
    setup: {
      isNeeded: () => isSetupNeeded(parts),
      issueCode: (origin) => issueSetupCode(parts, origin),
      complete: (code, administrator, origin) => completeSetup(parts, code, administrator, origin),
    },
    verification: () => parts.verified.measure(),
    settle,
    async close() {
      await settle();
      await parts.verified.close();
    },
  };
}
