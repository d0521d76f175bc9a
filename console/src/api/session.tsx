/**
 * Who is at the console: asked once at the start, kept until signing out, the idle end or a refusal that says it is
 * over. What a person may do is the server's word; pages only leave out what would be refused.
 *
 * @module
 */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { api, type Problem, problemOf, rememberCsrf, unwrap, whenReplaced, whenSignedOut } from './client';
import type { components } from './schema';

export type SessionView = components['schemas']['SessionView'];
export type Action = SessionView['allowed'][number];

/** `untold`: the server did not hear of it, so the session may go on. */
type Leaving = 'idle' | 'over' | 'untold';

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'unreachable'; readonly problem: Problem }
  | { readonly kind: 'signed-out'; readonly because: Leaving | null }
  | { readonly kind: 'signed-in'; readonly view: SessionView };

interface SessionContext {
  readonly state: State;
  /** @throws Problem */
  signIn(username: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  /** Asks again who is signed in. */
  ask(): Promise<void>;
}

const Context = createContext<SessionContext | null>(null);

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'asking' });
  const queries = useQueryClient();

  const enter = useCallback((view: SessionView) => {
    rememberCsrf(view.csrf);
    setState({ kind: 'signed-in', view });
  }, []);
  const leave = useCallback(
    (because: Leaving | null) => {
      rememberCsrf(null);
      // Nothing that was read for one person is shown to the next.
      queries.clear();
      setState({ kind: 'signed-out', because });
    },
    [queries],
  );

  const ask = useCallback(async () => {
    try {
      enter(await unwrap(api.GET('/admin/v1/session')));
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (problem.status === 401) leave(null);
      else setState({ kind: 'unreachable', problem });
    }
  }, [enter, leave]);

  const signOut = useCallback(async () => {
    try {
      await unwrap(api.DELETE('/admin/v1/session'));
      leave(null);
    } catch (thrown) {
      leave(problemOf(thrown).status === 401 ? null : 'untold');
      throw thrown;
    }
  }, [leave]);

  useEffect(() => {
    void ask();
  }, [ask]);

  const isSignedIn = state.kind === 'signed-in';
  useEffect(() => {
    whenSignedOut(() => {
      if (isSignedIn) leave('over');
    });
    whenReplaced(() => {
      if (!isSignedIn) return;
      // What is on the page was read for whoever was here before.
      queries.clear();
      void ask();
    });
  }, [isSignedIn, leave, queries, ask]);

  useIdleEnd(isSignedIn ? state.view.idleMs : null, async () => {
    await signOut().catch(() => undefined);
    leave('idle');
  });

  const value = useMemo<SessionContext>(
    () => ({
      state,
      ask,
      signOut,
      async signIn(username, password) {
        queries.clear();
        enter(await unwrap(api.POST('/admin/v1/session', { body: { username, password } })));
      },
    }),
    [state, ask, signOut, enter, queries],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useSession(): SessionContext {
  const context = useContext(Context);
  if (context === null) throw new TypeError('useSession belongs inside SessionProvider');
  return context;
}

/** The person who is signed in; only pages behind the sign-in ask. */
export function useMe(): SessionView {
  const { state } = useSession();
  if (state.kind !== 'signed-in') throw new TypeError('nobody is signed in');
  return state.view;
}

/** Whether the server would let the person do this. */
export function useMay(): (action: Action) => boolean {
  const { allowed } = useMe();
  return useCallback((action) => allowed.includes(action), [allowed]);
}

const activity = ['pointerdown', 'keydown', 'scroll', 'visibilitychange'] as const;
const lookEveryMs = 5_000;

/** Tells when nothing was touched for as long as the server keeps an unused session. Pages that refresh themselves do
 * not count as use: the server sees those, so the console has to look at the person. */
function useIdleEnd(idleMs: number | null, onIdle: () => void): void {
  const last = useRef(Date.now());
  const callback = useRef(onIdle);
  callback.current = onIdle;
  useEffect(() => {
    if (idleMs === null) return undefined;
    last.current = Date.now();
    const touch = () => {
      if (document.visibilityState === 'visible') last.current = Date.now();
    };
    for (const name of activity) window.addEventListener(name, touch, { capture: true, passive: true });
    const timer = setInterval(() => {
      if (Date.now() - last.current >= idleMs) callback.current();
    }, lookEveryMs);
    return () => {
      clearInterval(timer);
      for (const name of activity) window.removeEventListener(name, touch, { capture: true });
    };
  }, [idleMs]);
}
