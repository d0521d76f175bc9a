/** The door of network: the one dialler, TLS on what it dialled, and the grammar of targets. @module */
export { createTargetPolicy, type OwnEndpoint } from './address-policy.js';
export { cleanText } from './clean-text.js';
export {
  classifyConnectFault,
  createDialler,
  type Dialler,
  type DialOutcome,
  type DialTarget,
  limitSignal,
} from './dial.js';
export { guardStream, StreamGuardFault } from './guard-stream.js';
export { networks } from './networks.js';
export { endpointsOfUrl } from './own-endpoint.js';
export { createPoster } from './post.js';
export { classifyTlsFault, startTls, type TlsOutcome } from './start-tls.js';
export { targetSyntax } from './target-syntax.js';
export { parseTargetsAllow, type TargetRule } from './targets-allow.js';
export { planTls } from './tls-modes.js';
