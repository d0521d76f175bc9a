/** A bare Fastify that knows nobody: the answer of the checked route, unchecked. @module */
import fastify from 'fastify';

const app = fastify({ logger: false });
app.get('/', async () => ({ message: 'Hi' }));
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
