/** Every job, in the order they are run and told. @module */
import type { Job } from '../job.js';
import { commitsJob } from './commits.js';
import { connectionJob, deadHostJob } from './connections.js';
import { forwardAuthJob } from './forward-auth.js';
import { growthJob } from './growth.js';
import { loginJob, stormJob } from './login.js';
import { metadataJob } from './metadata.js';
import { rowsJob, writeJob } from './rows.js';
import { memoryJob, startJob } from './start.js';
import { streamJob } from './stream.js';
import { verifyJob } from './verify.js';

export const jobs: readonly Job[] = [
  ...[verifyJob, loginJob, stormJob, forwardAuthJob],
  ...[connectionJob, deadHostJob, metadataJob, rowsJob, writeJob, streamJob],
  ...[commitsJob, startJob, memoryJob, growthJob],
];
