/**
 * Credentials by the names that the document gives them: for every way in that an operation names, headers with which
 * one of the accounts of `latchkey demo` comes that way. Each is made anew, because some examples use theirs up.
 *
 * @module
 */

export const administrator = { username: 'ada', password: 'quiet river stone bridge lantern' } as const;
const john = { username: 'john.doe', password: 'SecurePass123!' } as const;
const steve = { username: 'steve', password: 'steve-demo-secret' } as const;

type Headers = Readonly<Record<string, string>>;

export interface Presenter {
  /** Headers for the first of these ways that is known here. */
  present(
    security: readonly Readonly<Record<string, readonly string[]>>[],
    who: 'administrator' | 'member',
  ): Promise<Headers>;
}

export function createPresenter(origin: string): Presenter {
  const keys = new Map<string, string>();

  async function ask(path: string, body: unknown, headers: Headers = {}): Promise<Record<string, string>> {
    const isForm = body instanceof URLSearchParams;
    const response = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: isForm ? headers : { 'content-type': 'application/json', ...headers },
      body: isForm ? body : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  }

  const precrime = async (username: string = administrator.username) => {
    const { Token = '' } = await ask('/user/login', username === administrator.username ? administrator : john);
    return { authorization: Token };
  };

  async function key(username: string): Promise<string> {
    const known = keys.get(username);
    if (known !== undefined) return known;
    const { value = '' } = await ask(`/admin/v1/api-keys?user=${username}`, { name: 'examples' }, await precrime());
    keys.set(username, value);
    return value;
  }

  const basic = `${steve.username}:${steve.password}`;
  const cloudio = async () => {
    const login = { authorization: `Token ${btoa(basic)}` };
    const { jwt = '', csrf = '' } = await ask('/v1/auth', {}, login);
    return { authorization: `Bearer ${jwt}`, 'x-csrf-token': csrf };
  };
  const native = async () => {
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    const { access_token = '' } = await ask('/oauth/token', form, { authorization: `Basic ${btoa(basic)}` });
    return { authorization: `Bearer ${access_token}` };
  };
  const onedb = async () => {
    const { token = '' } = await ask('/api/authenticate', { username: 'api', password: 'api' });
    return { authorization: `Bearer ${token}` };
  };
  const bearerKey = async (username: string) => ({ authorization: `Bearer ${await key(username)}` });

  const ways: Readonly<Record<string, (username: string) => Promise<Headers>>> = {
    ApiKey: bearerKey,
    ApiKeyBearer: bearerKey,
    ApiKeyInXAuthorization: async (username) => ({ 'x-authorization': await key(username) }),
    AccessToken: native,
    AccessTokenBearer: native,
    PrecrimeToken: precrime,
    PrecrimeTokenBare: precrime,
    CloudioSession: cloudio,
    CloudioSessionBearer: cloudio,
    OnedbToken: onedb,
    OnedbTokenBearer: onedb,
    ClientSecret: async () => ({ authorization: `Basic ${btoa(basic)}` }),
    LoginToken: async () => ({ authorization: `Token ${btoa(basic)}` }),
    LoginBasic: async () => ({ authorization: `Basic ${btoa(basic)}` }),
  };

  return {
    async present(security, who) {
      if (security.length === 0) return {};
      const names = security.flatMap((way) => Object.keys(way));
      const present = names.map((name) => ways[name]).find((way) => way !== undefined);
      if (present === undefined) throw new Error(`no credential is known for any of ${names.join(', ')}`);
      return present(who === 'member' ? steve.username : administrator.username);
    },
  };
}
