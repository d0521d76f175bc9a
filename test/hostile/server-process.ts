/**
 * The hostile server: a process of its own, so that its load is not the client's. Opens one listener per encounter and
 * says afterwards what it heard.
 *
 * @module
 */
import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { createTestCertificates } from '../servers/certificates.js';
import type { Behaviour, Props, Protocol } from './behaviour.js';
import { ClientLeft, Conversation } from './conversation.js';
import { mysqlBehaviours } from './mysql-behaviours.js';
import { postgresBehaviours } from './postgres-behaviours.js';

export type ServerRequest =
  | {
      readonly id: number;
      readonly do: 'prepare';
      readonly password: string;
      readonly marker: string;
      readonly file: string;
      readonly fileContent: string;
    }
  | { readonly id: number; readonly do: 'open'; readonly protocol: Protocol; readonly name: string }
  | { readonly id: number; readonly do: 'close'; readonly port: number };

export interface Heard {
  readonly connections: number;
  readonly bytes: number;
  readonly said: number;
  /** What of ours was among it. */
  readonly found: readonly ('password' | 'file')[];
  /** A play that went wrong by itself. */
  readonly faults: readonly string[];
}

const tables: Readonly<Record<Protocol, readonly Behaviour[]>> = {
  postgres: postgresBehaviours,
  mysql: mysqlBehaviours,
};
const open = new Map<
  number,
  { readonly server: Server; readonly conversations: Conversation[]; readonly faults: string[] }
>();
let props: Omit<Props, 'visit'>;
let fileContent = '';

process.on('message', (request: ServerRequest) => {
  answer(request).then(
    (value) => process.send?.({ id: request.id, value }),
    (fault: unknown) => process.send?.({ id: request.id, fault: String(fault) }),
  );
});
process.on('disconnect', () => process.exit());

async function answer(request: ServerRequest): Promise<unknown> {
  if (request.do === 'prepare') {
    const { good, authority, strangeAuthority } = await createTestCertificates();
    const untrusted = await strangeAuthority.issueServer();
    const ballast = Array<string>(200).fill(authority.cert).join('\n');
    const { password, marker, file } = request;
    props = { password, marker, file, trusted: good, untrusted, ballast };
    fileContent = request.fileContent;
    return { ca: authority.cert };
  }
  if (request.do === 'open') {
    const behaviour = tables[request.protocol].find((one) => one.name === request.name);
    if (behaviour === undefined) throw new Error('no such behaviour');
    return listen(behaviour);
  }
  return close(request.port);
}

async function listen(behaviour: Behaviour): Promise<{ readonly port: number }> {
  const conversations: Conversation[] = [];
  const faults: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const conversation = new Conversation(socket);
    const visit = conversations.push(conversation) - 1;
    if (behaviour.cut !== undefined) conversation.breakAt(behaviour.cut.bytes, behaviour.cut.how);
    behaviour.play(conversation, { ...props, visit }).catch((fault: unknown) => {
      if (!(fault instanceof ClientLeft)) faults.push(String(fault));
    });
  });
  // Whether the client is told `localhost` or an address, it ends here.
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  open.set(port, { server, conversations, faults });
  return { port };
}

async function close(port: number): Promise<Heard> {
  const one = open.get(port);
  if (one === undefined) throw new Error('not open');
  open.delete(port);
  one.server.close();
  for (const conversation of one.conversations) conversation.reset();
  const heard = one.conversations.map((conversation) => Buffer.concat(conversation.heard));
  const found: ('password' | 'file')[] = [];
  if (heard.some((bytes) => bytes.includes(props.password))) found.push('password');
  if (heard.some((bytes) => bytes.includes(fileContent))) found.push('file');
  return {
    connections: one.conversations.length,
    bytes: heard.reduce((sum, bytes) => sum + bytes.length, 0),
    said: one.conversations.reduce((sum, conversation) => sum + conversation.said, 0),
    found,
    faults: one.faults,
  };
}
