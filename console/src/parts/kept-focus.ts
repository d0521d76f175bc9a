/**
 * A button that shows that it works is disabled meanwhile, and browsers take the focus from what is disabled. It comes
 * back when the work is done, so that nobody who uses the keyboard begins at the top again (WCAG 2.2, 2.4.3).
 *
 * @module
 */
import { useEffect } from 'react';

/** To be used once, around everything. */
export function useKeptFocus(): void {
  useEffect(() => {
    let last: Element | null = null;
    const remember = (event: FocusEvent) => {
      last = event.target instanceof Element ? event.target : null;
    };
    const observer = new MutationObserver((changes) => {
      for (const { target } of changes) {
        const isFree = target === last && target instanceof HTMLButtonElement && !target.disabled;
        // Whoever went on meanwhile is left where they are.
        if (isFree && document.activeElement === document.body) target.focus({ preventScroll: true });
      }
    });
    document.addEventListener('focusin', remember);
    observer.observe(document.body, { subtree: true, attributeFilter: ['disabled'] });
    return () => {
      document.removeEventListener('focusin', remember);
      observer.disconnect();
    };
  }, []);
}
