/**
 * Who may call a route, read from its declaration: a scheme for each way a credential can be presented, and for each
 * route the schemes that open it. Nothing here is written by hand for a route, so it cannot say something else than the
 * gate does.
 *
 * @module
 */
import type { CredentialKind } from '../../access/index.js';
import type { Carriage, CredentialSlot } from '../kit/credentials.js';
import type { Description } from '../kit/description.js';
import type { DeclaredRoute, Method } from '../kit/route.js';
import type { Json, JsonMembers } from './json.js';

type Shape = 'jwt' | 'api_key' | 'basic' | 'cookie';

interface Kind {
  /** Begins the names of its schemes. */
  readonly name: string;
  readonly shape: Shape;
  readonly text: string;
  /** Comes with the value of `X-Csrf-Token`: always, or with methods that change something. */
  readonly csrf?: 'always' | 'on_change';
}

const kinds: Readonly<Record<Exclude<CredentialKind, 'cli' | 'loopback'>, Kind>> = {
  api_key: {
    name: 'ApiKey',
    shape: 'api_key',
    text: 'An API key, made by `POST /admin/v1/api-keys` or at the terminal.',
  },
  native_token: { name: 'AccessToken', shape: 'jwt', text: 'An access token of `POST /oauth/token`.' },
  precrime_token: { name: 'PrecrimeToken', shape: 'jwt', text: 'The token of `POST /user/login`.' },
  cloudio_session: {
    name: 'CloudioSession',
    shape: 'jwt',
    text: 'The `jwt` of `POST /v1/auth`, together with its `csrf`.',
    csrf: 'always',
  },
  onedb_token: { name: 'OnedbToken', shape: 'jwt', text: 'The token of `POST /api/authenticate`.' },
  console_session: {
    name: 'ConsoleSession',
    shape: 'cookie',
    text: 'The cookie of `POST /admin/v1/session`. Whatever changes something needs `X-Csrf-Token` besides.',
    csrf: 'on_change',
  },
  client_secret: { name: 'ClientSecret', shape: 'basic', text: 'Name and password of a service account.' },
};

const shapeOf: { readonly [One in Carriage]?: Shape } = {
  bare_jwt: 'jwt',
  bearer_jwt: 'jwt',
  bare_api_key: 'api_key',
  bearer_api_key: 'api_key',
  basic: 'basic',
  console_cookie: 'cookie',
};

const headers: Readonly<Record<Exclude<CredentialSlot, 'cookie'>, string>> = {
  authorization: 'Authorization',
  authentication: 'Authentication',
  'x-authorization': 'X-Authorization',
};

const csrfName = 'CsrfToken';
const csrfScheme = {
  type: 'apiKey',
  in: 'header',
  name: 'X-Csrf-Token',
  description: 'The csrf value that the sign-in answered.',
};
const loginToken = {
  type: 'apiKey',
  in: 'header',
  name: 'Authorization',
  description: '`Token`, a space, and the base64 of `username:password`.',
};
const loginBasic = { type: 'http', scheme: 'basic', description: 'Name and password.' };

/** Gathers the schemes that routes use. */
export class SecuritySchemes {
  readonly #schemes = new Map<string, JsonMembers>();

  /** What the document says under `security` of a route: any one of these; none at all: `[{}]` stands for nobody. */
  requirementsOf(route: DeclaredRoute, { signIn }: Pick<Description, 'signIn'>): Json {
    if (route.accepts === 'anyone') {
      if (signIn === undefined) return [];
      return [this.#need([signIn === 'token' ? ['LoginToken', loginToken] : ['LoginBasic', loginBasic]])];
    }
    const ways = route.accepts.flatMap((kind) =>
      kind === 'cli' || kind === 'loopback' ? [] : this.#waysOf(kinds[kind], route),
    );
    return route.admitsLocalCallers ? [...ways, {}] : ways;
  }

  /** By name, in alphabetical order. */
  all(): JsonMembers {
    return Object.fromEntries([...this.#schemes].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  #waysOf(kind: Kind, { slots, method }: DeclaredRoute): JsonMembers[] {
    return Object.entries(slots).flatMap(([slot, carriages]) => {
      const fitting = carriages.filter((carriage) => shapeOf[carriage] === kind.shape);
      if (fitting.length === 0) return [];
      const way = wayOf(kind, slot as CredentialSlot, fitting);
      return [this.#need(needsCsrf(kind, method) ? [way, [csrfName, csrfScheme]] : [way])];
    });
  }

  #need(schemes: readonly (readonly [string, JsonMembers])[]): JsonMembers {
    for (const [name, scheme] of schemes) this.#schemes.set(name, scheme);
    return Object.fromEntries(schemes.map(([name]) => [name, []]));
  }
}

function needsCsrf({ csrf }: Kind, method: Method): boolean {
  return csrf === 'always' || (csrf === 'on_change' && method !== 'GET');
}

/** Of two spellings in one header the one with its scheme is told; that the other is taken too is said with it. */
function wayOf(kind: Kind, slot: CredentialSlot, carriages: readonly Carriage[]): readonly [string, JsonMembers] {
  if (slot === 'cookie') {
    return [kind.name, { type: 'apiKey', in: 'cookie', name: '__Host-latchkey', description: kind.text }];
  }
  if (kind.shape === 'basic') return [kind.name, { type: 'http', scheme: 'basic', description: kind.text }];
  const isBearer = carriages.some((carriage) => carriage.startsWith('bearer_'));
  const header = headers[slot];
  if (slot === 'authorization' && isBearer) {
    const format = kind.shape === 'jwt' ? { bearerFormat: 'JWT' } : {};
    const isEither = carriages.length > 1;
    const description = isEither ? `${kind.text} Also taken without \`Bearer\`.` : kind.text;
    return [isEither ? kind.name : `${kind.name}Bearer`, { type: 'http', scheme: 'bearer', ...format, description }];
  }
  const place = slot === 'authorization' ? 'Bare' : `In${header.replaceAll('-', '')}`;
  return [`${kind.name}${place}`, { type: 'apiKey', in: 'header', name: header, description: kind.text }];
}
