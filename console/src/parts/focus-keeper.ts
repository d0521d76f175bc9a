/**
 * Keeps the keyboard's place when what it stood on goes away: a row that is removed takes its button along (WCAG 2.2,
 * 2.4.3). Whatever holds such rows is marked `data-keeps-focus`, and in it what comes next `data-next-focus`.
 *
 * @module
 */

import { useEffect } from 'react';

/** After the page was drawn anew, and a dialog has gone. */
const drawnMs = 300;

/**
 * @param from  What was pressed.
 * @returns     To be called when it may be gone: moves the focus if it was lost.
 */
export function focusKeeper(from: HTMLElement): () => void {
  const near = from.closest<HTMLElement>('[data-keeps-focus]');
  const far = near?.parentElement?.closest<HTMLElement>('[data-keeps-focus]') ?? null;
  return () => {
    setTimeout(() => {
      const { activeElement } = document;
      if (activeElement !== null && activeElement !== document.body) return;
      const home = [near, far].find((one) => one?.isConnected === true);
      const next =
        home?.querySelector<HTMLElement>('[data-next-focus]') ??
        document.querySelector<HTMLElement>('[data-page-title]');
      next?.focus({ preventScroll: true });
    }, drawnMs);
  };
}

/**
 * A button that shows that it works cannot be pressed meanwhile, and browsers take the focus from it for that; when it
 * can be pressed again it gets it back, unless the keyboard went elsewhere.
 */
export function useFocusOfWorkingButtons(): void {
  useEffect(() => {
    let last: EventTarget | null = null;
    const remember = ({ target }: FocusEvent) => {
      last = target;
    };
    const observer = new MutationObserver((changes) => {
      for (const { target } of changes) {
        if (target !== last || document.activeElement !== document.body) continue;
        if (target instanceof HTMLButtonElement && !target.disabled) target.focus({ preventScroll: true });
      }
    });
    document.addEventListener('focusin', remember);
    observer.observe(document.body, { attributes: true, attributeFilter: ['disabled'], subtree: true });
    return () => {
      document.removeEventListener('focusin', remember);
      observer.disconnect();
    };
  }, []);
}
