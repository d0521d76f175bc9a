/** Every job, in the order they are run and told. @module */
import type { Job } from '../job.js';
import { verifyJob } from './verify.js';

export const jobs: readonly Job[] = [verifyJob];
