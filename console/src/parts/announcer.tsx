/** Says that something is done, to the eye and to a screen reader, and goes away by itself. @module */
import { Affix, Notification, Stack } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react';

const shownMs = 5_000;

const Context = createContext<(text: string) => void>(() => undefined);

export function AnnouncerProvider({ children }: { readonly children: ReactNode }) {
  const [said, setSaid] = useState<readonly { readonly id: number; readonly text: string }[]>([]);
  const nextId = useRef(0);
  const announce = useCallback((text: string) => {
    const id = nextId.current;
    nextId.current += 1;
    setSaid((before) => [...before.slice(-2), { id, text }]);
    setTimeout(() => setSaid((before) => before.filter((one) => one.id !== id)), shownMs);
  }, []);
  const shown = useMemo(
    () =>
      said.map(({ id, text }) => (
        <Notification
          key={id}
          withBorder
          closeButtonProps={{ 'aria-label': 'Dismiss' }}
          onClose={() => setSaid((all) => all.filter((one) => one.id !== id))}
        >
          {text}
        </Notification>
      )),
    [said],
  );
  return (
    <Context.Provider value={announce}>
      {children}
      <Affix position={{ bottom: 16, right: 16 }} zIndex={500}>
        <Stack gap="xs" role="status" aria-live="polite">
          {shown}
        </Stack>
      </Affix>
    </Context.Provider>
  );
}

/** `announce('Source shop was added.')` */
export function useAnnounce(): (text: string) => void {
  return useContext(Context);
}
