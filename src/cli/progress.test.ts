import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { showWork } from './progress.js';

const people = { isJson: false };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

describe('progress', () => {
  it('says nothing of what is done within a second', () => {
    const terminal = stream(true);
    const work = showWork(people, 'Copying the store', '', terminal);
    vi.advanceTimersByTime(900);
    work.end();
    vi.advanceTimersByTime(60_000);
    expect(terminal.written).toEqual([]);
  });

  it('is one line on a terminal, which is gone at the end', () => {
    const terminal = stream(true);
    const work = showWork(people, 'Exporting', 'events', terminal);
    work.step(1_234);
    vi.advanceTimersByTime(1_600);
    expect(terminal.written).toEqual([
      '\rExporting, 1,234 events, 1 s…\u001b[K',
      '\rExporting, 1,234 events, 2 s…\u001b[K',
    ]);
    work.end();
    work.end();
    expect(terminal.written.at(-1)).toBe('\r\u001b[K');
    expect(terminal.written).toHaveLength(3);
  });

  it('is a line every ten seconds in a log, and nothing beside a document', () => {
    const log = stream(false);
    const work = showWork(people, 'Migrating', '', log);
    vi.advanceTimersByTime(20_500);
    work.end();
    expect(log.written).toEqual(['Migrating, 10 s…\n', 'Migrating, 20 s…\n']);
    const beside = stream(false);
    showWork({ isJson: true }, 'Migrating', '', beside);
    vi.advanceTimersByTime(60_000);
    expect(beside.written).toEqual([]);
  });
});
