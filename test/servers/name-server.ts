/** Just enough of DNS (RFC 1035) to be asked for addresses by a test: one question, any number of answers. @module */

/** @returns addresses of the kind; `undefined` when there is no such name, `silence` for no answer at all. */
export type NameTable = (name: string, kind: 'A' | 'AAAA') => readonly string[] | 'silence' | 'refused' | undefined;

/** @returns the answer to a question, or `null` when there is none to give. */
export function answerDns(question: Buffer, table: NameTable): Buffer | null {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const kind = question.readUInt16BE(at + 1);
  if (kind !== 1 && kind !== 28) return null;
  const found = table(labels.join('.').toLowerCase(), kind === 1 ? 'A' : 'AAAA');
  if (found === 'silence') return null;
  const addresses = found === 'refused' || found === undefined ? [] : found;
  const header = Buffer.alloc(12);
  question.copy(header, 0, 0, 2);
  // A response, recursion desired and available; REFUSED or NXDOMAIN.
  header.writeUInt16BE(0x8180 | (found === 'refused' ? 5 : found === undefined ? 3 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => {
    const data = kind === 1 ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
    // The name of the question, the kind, class IN, a TTL of 0.
    return Buffer.concat([Buffer.from([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, data.length]), data]);
  });
  return Buffer.concat([header, question.subarray(12, at + 5), ...records]);
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(address.includes('::') ? missing : 0).fill('0'), ...groups(tail)];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}
