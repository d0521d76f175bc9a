/** Connect, authenticate, SELECT 1, goodbye: through the plain driver. @module */
import pg from 'pg';
import { again, answerTasks } from './answer-tasks.mjs';

answerTasks(({ host, port, username, password, atOnce, seconds, times }) => {
  const settings = { host, port, user: username, password, database: 'postgres' };
  const test = async () => {
    const client = new pg.Client(settings);
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
  };
  return again(test, atOnce, { seconds, times });
});
