/** The door of audit: what happened, append-only, proving itself. @module */
export { createAuditChain, storableEvent } from './chain.js';
export { type Audit, type AuditDeps, createAudit, type VerifiedTrail } from './create-audit.js';
export { type AuditEvent, type AuditEventName, type AuditOrigin, type AuditRecord, auditEventNames } from './event.js';
export type { AuditAnchor, AuditChain, AuditFilter, AuditStore, ChainHead } from './ports.js';
export { type TrailFinding, type TrailReport, type VerifyOptions, verifyTrail } from './verify.js';
