import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CredentialChange, verificationLeaseMs } from './ports.js';
import { createVerifiedCredentials, type VerifiedCredentials } from './verified-credentials.js';

const ids = { uuid: () => 'v-1', bytes: (count: number) => new Uint8Array(count) };
const tick = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

/** A store that answers when it is told to; time passes only when it is told to. */
function setUp() {
  let elapsedMs = 1_000;
  const listeners = new Set<(change: CredentialChange) => void>();
  const world = {
    isAnswering: true,
    presences: 0,
    polls: 0,
    left: 0,
    everybody: 0,
    failures: [] as unknown[],
    /** What other processes changed since the last poll. */
    foreign: new Set() as CredentialChange,
    /** While set, answers wait for it. */
    held: null as Promise<void> | null,
    pass: (ms: number) => {
      elapsedMs += ms;
    },
    tell: (change: CredentialChange) => {
      for (const listener of listeners) listener(change);
    },
  };
  const verified = createVerifiedCredentials<{ name: string }>({
    ids,
    elapsedMs: () => elapsedMs,
    onEverybody: () => {
      world.everybody += 1;
    },
    observer: {
      backgroundWriteFailed: () => {},
      verificationPollFailed: (error) => void world.failures.push(error),
    },
    changes: {
      watch: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      since: async () => {
        world.polls += 1;
        const change = world.foreign;
        world.foreign = new Set();
        if (world.held !== null) await world.held;
        if (!world.isAnswering) throw new Error('no answer');
        return { cursor: String(world.polls), change };
      },
      present: async () => {
        if (!world.isAnswering) throw new Error('no answer');
        world.presences += 1;
      },
      leave: async () => {
        world.left += 1;
      },
    },
  });
  return { world, verified };
}

let world: ReturnType<typeof setUp>['world'];
let verified: VerifiedCredentials<{ name: string }>;
beforeEach(async () => {
  ({ world, verified } = setUp());
  // The first use only begins the questions; what it found is not held.
  verified.keep('d-0', 'u', { name: 'zero' }, verified.now());
  expect(verified.measure().held).toBe(0);
  await tick();
  verified.keep('d-1', 'u', { name: 'one' }, verified.now());
  verified.keep('d-2', 'v', { name: 'two' }, verified.now());
});
afterEach(() => verified.close());

describe('credentials held in memory', () => {
  it('are found without a question, under their own digest only', () => {
    expect([verified.find('d-1'), verified.find('d-2'), verified.find('d-3')]).toEqual([
      { name: 'one' },
      { name: 'two' },
      null,
    ]);
    expect(verified.measure()).toEqual({ held: 2, found: 2, notFound: 1 });
  });

  it('are gone when this process changed those of their user, and others stay', () => {
    world.tell(new Set(['u']));
    expect([verified.find('d-1'), verified.find('d-2')]).toEqual([null, { name: 'two' }]);
    expect(world.everybody).toBe(0);
  });

  it('are all gone when anybody’s changed, and signing keys with them', () => {
    world.tell('everybody');
    expect([verified.find('d-1'), verified.find('d-2')]).toEqual([null, null]);
    expect(world.everybody).toBe(1);
  });

  it('are not what a look-up found that began before a change, however late it answers', () => {
    const before = verified.now();
    world.tell(new Set(['u']));
    verified.keep('d-1', 'u', { name: 'old' }, before);
    verified.keep('d-4', 'w', { name: 'four' }, before);
    expect([verified.find('d-1'), verified.find('d-4')]).toEqual([null, { name: 'four' }]);
    world.tell('everybody');
    verified.keep('d-4', 'w', { name: 'old' }, before);
    expect(verified.find('d-4')).toBeNull();
    verified.keep('d-1', 'u', { name: 'new' }, verified.now());
    expect(verified.find('d-1')).toEqual({ name: 'new' });
  });

  it('are not what a look-up found that began before the first answer, which tells of no change before it', async () => {
    const other = setUp();
    const before = other.verified.now();
    other.verified.keep('d-0', 'u', { name: 'zero' }, before);
    await tick();
    other.verified.keep('d-1', 'u', { name: 'old' }, before);
    expect(other.verified.measure().held).toBe(0);
    other.verified.keep('d-1', 'u', { name: 'new' }, other.verified.now());
    expect(other.verified.find('d-1')).toEqual({ name: 'new' });
    await other.verified.close();
  });

  it('are not old ones either when more users changed than are remembered', () => {
    const before = verified.now();
    world.tell(new Set(['u']));
    for (let place = 0; place < 10_001; place += 1) world.tell(new Set([`other-${place}`]));
    verified.keep('d-1', 'u', { name: 'old' }, before);
    expect(verified.find('d-1')).toBeNull();
  });

  it('are believed only so long after the store was last asked, and again when it answers', async () => {
    world.pass(verificationLeaseMs - 1);
    expect(verified.find('d-1')).toEqual({ name: 'one' });
    world.pass(1);
    expect(verified.find('d-1')).toBeNull();
    await tick(150);
    expect(verified.find('d-1')).toEqual({ name: 'one' });
  });

  it('are not believed from when an answer came, but from when it was asked for', async () => {
    let answer = () => {};
    world.held = new Promise((resolve) => {
      answer = resolve;
    });
    const before = world.polls;
    while (world.polls === before) await tick();
    world.pass(verificationLeaseMs);
    answer();
    world.held = null;
    await tick();
    expect(verified.find('d-1')).toBeNull();
  });

  it('are not believed while the store does not answer', async () => {
    world.isAnswering = false;
    world.pass(verificationLeaseMs);
    await tick(150);
    expect(verified.find('d-1')).toBeNull();
    expect(world.failures.length).toBeGreaterThan(0);
  });

  it('are gone with the next answer when another process changed those of their user', async () => {
    world.foreign = new Set(['u']);
    const before = verified.now();
    await tick(150);
    expect([verified.find('d-1'), verified.find('d-2')]).toEqual([null, { name: 'two' }]);
    verified.keep('d-1', 'u', { name: 'old' }, before);
    expect(verified.find('d-1')).toBeNull();
  });

  it('are forgotten beyond fifty thousand, those first that were not used', () => {
    verified.find('d-2');
    for (let place = 0; place < 50_000; place += 1) {
      verified.keep(`d-x${place}`, `user-${place}`, { name: 'x' }, verified.now());
    }
    expect(verified.measure().held).toBe(50_000);
    expect([verified.find('d-1'), verified.find('d-2'), verified.find('d-x0')]).toEqual([null, { name: 'two' }, null]);
    // Whoever was let go of for want of room leaves nothing behind, and whoever was not is still let go of at a change.
    world.tell(new Set(['u', 'v', 'user-0', 'user-1']));
    expect(verified.measure().held).toBe(49_998);
  });

  it('make room even where all of them are in use', () => {
    for (let place = 0; place < 50_000; place += 1) {
      verified.keep(`d-x${place}`, `user-${place}`, { name: 'x' }, verified.now());
      verified.find(`d-x${place}`);
    }
    for (let place = 0; place < 1_000; place += 1) {
      verified.keep(`d-y${place}`, 'w', { name: 'y' }, verified.now());
      expect(verified.find(`d-y${place}`)).toEqual({ name: 'y' });
    }
    expect(verified.measure().held).toBe(50_000);
    world.tell('everybody');
    expect(verified.measure().held).toBe(0);
    verified.keep('d-1', 'u', { name: 'again' }, verified.now());
    expect(verified.find('d-1')).toEqual({ name: 'again' });
  });
});

describe('the questions', () => {
  it('end when nobody presents anything, and begin again', async () => {
    world.pass(10_000);
    await tick(250);
    const { polls } = world;
    await tick(250);
    expect(world.polls).toBe(polls);
    expect(verified.find('d-1')).toBeNull();
    await tick(20);
    expect(world.polls).toBeGreaterThan(polls);
    expect(verified.find('d-1')).toEqual({ name: 'one' });
  });

  it('are not begun by credentials nobody knows', async () => {
    const other = setUp();
    for (let place = 0; place < 100; place += 1) other.verified.find(`d-${place}`);
    await tick(20);
    expect([other.world.polls, other.world.presences]).toEqual([0, 0]);
    await other.verified.close();
    expect(other.world.left).toBe(0);
  });

  it('are announced to other processes before the first, once a minute, and taken back at the end', async () => {
    expect(world.presences).toBe(1);
    for (const _ of [1, 2]) {
      world.pass(60_000);
      verified.find('d-1');
      await tick(150);
    }
    expect(world.presences).toBe(3);
    await verified.close();
    expect(world.left).toBe(1);
    verified.keep('d-1', 'u', { name: 'late' }, verified.now());
    expect(verified.find('d-1')).toBeNull();
  });
});
