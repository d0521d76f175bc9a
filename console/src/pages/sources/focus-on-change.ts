/** Keeps the keyboard where the eye is when a part of a page becomes another one. @module */
import { type RefObject, useEffect, useRef } from 'react';

/**
 * Focuses the element when the key becomes another one; not at first, when the page itself has just been read out.
 *
 * @param key  `null`: not known yet.
 */
export function useFocusOnChange<Element extends HTMLElement>(key: string | null): RefObject<Element | null> {
  const element = useRef<Element>(null);
  const shown = useRef(key);
  useEffect(() => {
    if (shown.current === key) return;
    const isFirst = shown.current === null;
    shown.current = key;
    if (!isFirst) element.current?.focus();
  }, [key]);
  return element;
}
