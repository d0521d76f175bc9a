/** Starts the console in the page that the server sends. @module */
import '@mantine/core/styles.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { problemOf } from './api/problem';
import { SessionProvider } from './api/session';
import { AnnouncerProvider } from './parts/announcer';
import { App } from './shell/app';
import { cssVariables, theme } from './shell/theme';

/** Refusals are answers; only what did not arrive, or could not be done just now, is asked again. */
const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, thrown) => count < 2 && [0, 503, 504].includes(problemOf(thrown).status),
      staleTime: 10_000,
    },
  },
});

/** Styles made in the page carry the nonce that came with it (CSP Level 3 §8). */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// What keeps the page still behind a dialog makes its own style element, and looks for the nonce by this name.
Object.assign(globalThis, { __webpack_nonce__: nonce });

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <QueryClientProvider client={queryClient}>
          <AnnouncerProvider>
            <SessionProvider>
              <Router base="/console">
                <App />
              </Router>
            </SessionProvider>
          </AnnouncerProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
