/** The hash of a sign-in and nothing else. @module */
import { Algorithm, hash, verify } from '@node-rs/argon2';
import { again, answerTasks } from './answer-tasks.mjs';

const password = 'quiet river stone bridge lantern';
let made;

answerTasks(async ({ memoryKib, passes, atOnce, seconds, times }) => {
  made ??= await hash(password, {
    algorithm: Algorithm.Argon2id,
    memoryCost: memoryKib,
    timeCost: passes,
    parallelism: 1,
  });
  return again(() => verify(made, password), atOnce, { seconds, times });
});
