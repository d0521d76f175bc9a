/** What is wider than the page scrolls in itself, and the keyboard reaches it (WCAG 2.2, 2.1.1). @module */
import { ScrollArea } from '@mantine/core';
import type { ReactNode } from 'react';

export function ScrollBox({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }}>
      {children}
    </ScrollArea>
  );
}
