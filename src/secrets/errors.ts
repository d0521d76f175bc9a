/** Refusals of sealing and of the master key. @module */
import { defineErrors } from '../kernel/errors.js';

export const secretsErrors = defineErrors('secrets', {
  envelope_invalid: {
    kind: 'internal',
    message: 'A sealed value is damaged, or stands where it was not sealed for.',
  },
  key_unknown: {
    kind: 'internal',
    message: 'A value is sealed under a master key that this install does not have.',
  },
  master_key_invalid: {
    kind: 'failed_precondition',
    message: 'The master key must be exactly 32 bytes, written in base64.',
  },
  master_key_exposed: {
    kind: 'failed_precondition',
    message: 'The master key file must be a plain file that only its owner can read (mode 0600).',
  },
  master_key_missing: {
    kind: 'failed_precondition',
    message: 'The store is sealed under a master key, and none is where it is looked for.',
  },
  master_key_unreadable: {
    kind: 'failed_precondition',
    message: 'The master key file cannot be read or created.',
  },
  listener_certificate_unusable: {
    kind: 'failed_precondition',
    message:
      'The certificate of the HTTPS listener cannot be used: https.certificateFile and https.keyFile must be readable PEM files of one pair.',
  },
});
