/** Refusals of the law. @module */
import { type CodesOf, defineErrors } from '../kernel/errors.js';

export const accessErrors = defineErrors('access', {
  denied: { kind: 'permission_denied', message: 'You are not allowed to do this.' },
});

export type AccessErrorCode = CodesOf<typeof accessErrors>;
