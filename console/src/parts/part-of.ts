/**
 * Parts of the console that are loaded when they are first shown. Names of parts end with what they hold: after an
 * upgrade of the server, a page that was open before asks for parts that are gone, and is to say so.
 *
 * @module
 */
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import { Problem, problemOf } from '../api/problem';

/**
 * `partOf(async () => (await import('./diagram-tab')).DiagramTab)`
 *
 * Shown where it cannot be loaded: `console.updated`, or `console.unreachable`, thrown as a {@link Problem}.
 */
export function partOf<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    try {
      return { default: await load() };
    } catch (thrown) {
      throw (await wasUpdated()) ? updated(thrown) : problemOf(thrown);
    }
  });
}

/** Whether the server's page starts by another script than this one did. */
async function wasUpdated(): Promise<boolean> {
  const script = document.querySelector<HTMLScriptElement>('script[type=module][src]')?.getAttribute('src');
  try {
    const page = await fetch('/console/', { cache: 'no-store' });
    return page.ok && script != null && !(await page.text()).includes(script);
  } catch {
    return false;
  }
}

function updated(cause: unknown): Problem {
  return new Problem(
    {
      status: 0,
      code: 'console.updated',
      detail: 'The console was updated since it was opened here.',
      fix: 'Reload it to go on.',
    },
    { cause },
  );
}
