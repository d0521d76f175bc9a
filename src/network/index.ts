/** The door of network: the one dialler, TLS on what it dialled, and the grammar of targets. @module */
export { createTargetPolicy, type OwnEndpoint, type TargetPolicy, type TargetPolicyOptions } from './address-policy.js';
export { cleanText } from './clean-text.js';
export {
  classifyConnectFault,
  createDialler,
  type DialLimits,
  type Dialler,
  type DiallerOptions,
  type DialOutcome,
  type DialReason,
  type DialStep,
  type DialTarget,
  limitSignal,
} from './dial.js';
export { guardStream, StreamGuardFault } from './guard-stream.js';
export { createResolver, type NameLookup, type Resolver } from './resolve.js';
export {
  classifyTlsFault,
  startTls,
  type TlsEvidence,
  type TlsOutcome,
  type TlsReason,
  type TlsSettings,
} from './start-tls.js';
export { targetSyntax } from './target-syntax.js';
export { type ParsedRules, parseTargetsAllow, type TargetRule } from './targets-allow.js';
export { planTls, type TlsMode, type TlsPlan } from './tls-modes.js';
