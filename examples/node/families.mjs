// The sign-ins of the four families, with latchkey/client, against `latchkey demo`.
import { createLatchkey, LatchkeyError } from 'latchkey/client';

const latchkey = createLatchkey({ baseUrl: process.env.LATCHKEY_URL ?? 'http://localhost:8000' });

// PreCrime: a person. The token is renewed by itself.
const person = await latchkey.precrime.login({ username: 'john.doe', password: 'SecurePass123!' });
console.log(`precrime: ${await person.greet()} of ${person.user.Active.Name}`);
const key = await person.addKey('production-api-key');
await person.deleteKey(key.token);
await person.logout();

// CloudIO: a service account. jwt and csrf go with every call.
const session = await latchkey.cloudio.auth({ username: 'steve', password: 'steve-demo-secret' });
const found = await session.query('Employees', {
  filter: [{ name: { is: 'Steve' } }, { salary: { eq: 12345 } }],
  projection: { empId: 1, name: 1 },
  limit: 1,
});
console.log(`cloudio: ${found[0].name} is number ${found[0].empId}`);
const [added] = await session.post('Employees', [{ _rs: 'I', name: 'Ada Example', gender: 'F', salary: 12345 }]);
await session.post('Employees', [{ _rs: 'D', empId: added.empId, lastUpdateDate: added.lastUpdateDate }]);
console.log('cloudio: a row came and went');

// OneDB: a program. Five hours, then it signs in again by itself.
const vault = await latchkey.onedb.authenticate({ username: 'api', password: 'api' });
const [result] = await vault.tokenize([{ trxId: 1, templateName: 'App_With_Masking', data: '4111-2222-3333-4444' }]);
console.log(`onedb: ${result.success ? result.token : result.message}`);

// Atlan: is a database reachable? A database that refuses is an answer, too. On the same machine no credential is needed;
// elsewhere `{ as: session }`, or a client with an API key.
const verdict = await latchkey.atlan.test({
  authType: 'basic',
  host: 'localhost',
  port: 1,
  username: 'username',
  password: 'password',
  database: 'databasename',
});
console.log(`atlan: ${verdict.message} (${verdict.data.reason})`);
await session.signOut();

// Every failure has one shape, whichever family it came from.
try {
  await latchkey.precrime.login({ username: 'john.doe', password: 'wrong' });
} catch (error) {
  if (!(error instanceof LatchkeyError)) throw error;
  console.log(`a wrong password: ${error.status} ${error.message}`);
}
