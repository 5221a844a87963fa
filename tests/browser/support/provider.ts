/** A real OpenID Connect provider (`oidc-provider`), with people whom it knows. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider as OidcProvider } from 'oidc-provider';

const CLIENT = { id: 'diemcau', secret: 'khoa-cua-may-chu-hop-735190' };

/** Somebody whom the provider knows. */
export interface Known {
  readonly login: string;
  readonly name: string;
  readonly unit: string;
  readonly roles: readonly string[];
}

export class Provider {
  readonly #http: HttpServer;
  readonly #people: readonly Known[];

  private constructor(http: HttpServer, people: readonly Known[]) {
    this.#http = http;
    this.#people = people;
  }

  /** Takes a port; it answers once it knows where the server is. */
  static async open(people: readonly Known[]): Promise<Provider> {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new Provider(http, people);
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** The table of the server's settings that names it. */
  settings(origin: string): string {
    return [
      '[identity.oidc]',
      'name = "Cổng tỉnh Minh Họa"',
      `issuer = "${this.issuer}"`,
      `client_id = "${CLIENT.id}"`,
      `client_secret = "${CLIENT.secret}"`,
      `public_url = "${origin}"`,
      'scopes = ["profile", "hop"]',
      'unit_claim = "unit"',
      'role_claim = "roles"',
      'roles = { "hop-to-chuc" = "organiser" }',
      'create_accounts = true',
      '',
    ].join('\n');
  }

  /** Begins to answer for the server at this address. */
  serves(origin: string): void {
    const provider = new OidcProvider(this.issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [`${origin}/api/v1/oidc/callback`],
          post_logout_redirect_uris: [`${origin}/sign-in`],
        },
      ],
      cookies: { keys: ['khoa-cua-cong'] },
      scopes: ['openid', 'profile', 'hop'],
      claims: { profile: ['name', 'preferred_username'], hop: ['unit', 'roles'] },
      pkce: { required: () => true },
      findAccount: (_context, id) => {
        const person = this.#people.find(({ login }) => login === id);
        if (person === undefined) return undefined;
        const { login, name, unit, roles } = person;
        return { accountId: id, claims: () => ({ sub: id, preferred_username: login, name, unit, roles: [...roles] }) };
      },
    });
    const answer = provider.callback();
    this.#http.on('request', (request, response) => void answer(request, response));
  }

  /** Goes away, with every connection. */
  async close(): Promise<void> {
    if (!this.#http.listening) return;
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }
}
