/**
 * Lets only whole packets of a MySQL or MariaDB server through to the driver, none longer than a session of ours needs,
 * and during the login only those a login has. The driver would put a packet of any length together in memory, and
 * follows a server that switches plugins for ever.
 *
 * @module
 */
import { StreamGuardFault } from '../../network/index.js';
import { createFrameGate } from '../frame-gate.js';

const headerBytes = 4;
/** Requests to switch the plugin, and steps of one: no login of ours takes more. */
const maxLoginPackets = 8;
const maxLoginPacketBytes = 65_536;

/** First bytes of a packet during the login (Protocol::AuthSwitchRequest, AuthMoreData, OK_Packet, ERR_Packet). */
const kinds = { authSwitch: 0xfe, authMore: 0x01, ok: 0x00, error: 0xff } as const;

/**
 * @param maxPacketBytes  Of a payload; below 2^24 - 1, so that no packet goes on in a second one.
 * @param maxPackets      Of the whole session.
 * @returns what the stream's guard calls with each chunk; it gives back the packets that are complete.
 */
export function createPacketGuard(
  maxPacketBytes: number,
  maxPackets = Number.POSITIVE_INFINITY,
): (chunk: Uint8Array) => Uint8Array {
  let packets = 0;
  let isLoggedIn = false;
  return createFrameGate({
    headerBytes,
    maxFrameBytes: maxPacketBytes + headerBytes,
    lengthOf(header) {
      const length = header.readUIntLE(0, 3) + headerBytes;
      // However much a session may bring, its login is short.
      if (!isLoggedIn && length > maxLoginPacketBytes) throw new StreamGuardFault('MALFORMED');
      return length;
    },
    inspect(frame) {
      packets += 1;
      if (packets > maxPackets) throw new StreamGuardFault('BYTE_BUDGET');
      if (isLoggedIn) return;
      if (frame.length === headerBytes) throw new StreamGuardFault('MALFORMED');
      // The greeting was read before and comes by here once more.
      if (packets === 1) return;
      const kind = frame[headerBytes];
      if (kind === kinds.ok) isLoggedIn = true;
      else if (packets > maxLoginPackets) throw new StreamGuardFault('MALFORMED');
      else if (kind !== kinds.authSwitch && kind !== kinds.authMore && kind !== kinds.error) {
        throw new StreamGuardFault('MALFORMED');
      }
    },
  });
}
