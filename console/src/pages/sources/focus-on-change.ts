/** Keeps the keyboard where the eye is when a part of a page becomes another one. @module */
import { type RefObject, useEffect, useRef } from 'react';

/** Focuses the element when the key becomes another one; not at first, when the page itself has just been read out. */
export function useFocusOnChange<Element extends HTMLElement>(key: string): RefObject<Element | null> {
  const element = useRef<Element>(null);
  const shown = useRef(key);
  useEffect(() => {
    if (shown.current === key) return;
    shown.current = key;
    element.current?.focus();
  }, [key]);
  return element;
}
