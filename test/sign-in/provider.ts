import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { NOW } from "../gateway.ts";
import { type SigningKey, sign, signingKey } from "../issuer.ts";

export const CLIENT = "pages";
export const SECRET = "a secret of the client: +%/";
export const AUDIENCE = "analytics";

interface Grant {
  readonly nonce: string | null;
  readonly challenge: string;
  readonly redirectUri: string;
}

/** A response of the token endpoint, before it is sent. */
export interface TokenResponse {
  status: number;
  body: Record<string, unknown>;
}

/** An OpenID provider on loopback that signs everyone in at once, and can be made to misbehave. Its clock stands at NOW unless moved. */
export class Provider {
  now = Date.parse(NOW);
  /** Claims of both tokens. */
  claims: Record<string, unknown> = { sub: "ada", role: "owner", name: "Ada Lovelace" };
  accessToken: "jwt" | "opaque" = "jwt";
  idClaims: Record<string, unknown> = {};
  accessClaims: Record<string, unknown> = {};
  lifeSeconds = 3_600;
  hasRefreshTokens = false;
  metadata: Record<string, unknown> = {};
  /** Changes a response of the token endpoint. */
  tamper: (response: TokenResponse, provider: Provider) => void | Promise<void> = () => {};
  /** Answers in its place, where it is down. */
  down: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;
  /** Paths that were asked, with their queries. */
  readonly asked: URL[] = [];
  readonly tokenRequests: URLSearchParams[] = [];
  key!: SigningKey;
  readonly #codes = new Map<string, Grant>();
  readonly #refreshTokens = new Set<string>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<Provider> {
    const provider = new Provider();
    provider.key = await signingKey("ES256");
    await new Promise<void>((ready) => provider.#server.listen(0, "127.0.0.1", ready));
    return provider;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Settings of a gateway whose pages offer this provider. */
  get settings(): Record<string, string> {
    return {
      AUTH: "jwt",
      JWT_JWKS_URL: `${this.origin}/keys`,
      JWT_ISSUER: this.origin,
      JWT_AUDIENCE: AUDIENCE,
      OIDC_CLIENT_ID: CLIENT,
      OIDC_CLIENT_SECRET: SECRET,
      PUBLIC_URL: "http://127.0.0.1:4000",
      SESSION_KEYS: "the first secret that seals sessions",
    };
  }

  token(audience: string, claims: object = {}, key = this.key, alg = "ES256"): Promise<string> {
    const seconds = Math.floor(this.now / 1_000);
    const times = { iat: seconds, exp: seconds + this.lifeSeconds };
    return sign(
      key,
      { alg, kid: "1" },
      { iss: this.origin, aud: audience, ...times, ...this.claims, ...claims },
    );
  }

  idToken(nonce: string | null, claims: object = {}): Promise<string> {
    return this.token(CLIENT, { ...(nonce !== null && { nonce }), ...this.idClaims, ...claims });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", this.origin);
    this.asked.push(url);
    if (this.down !== null) return this.down(request, response);
    const json = (value: object, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return void json({
          issuer: this.origin,
          authorization_endpoint: `${this.origin}/authorize`,
          token_endpoint: `${this.origin}/token`,
          jwks_uri: `${this.origin}/keys`,
          end_session_endpoint: `${this.origin}/end?tenant=1`,
          response_types_supported: ["code"],
          id_token_signing_alg_values_supported: ["ES256", "RS256"],
          ...this.metadata,
        });
      case "/keys":
        return void json({ keys: [{ ...this.key.jwk, kid: "1", alg: "ES256" }] });
      case "/authorize": {
        const { searchParams: query } = url;
        const code = `code-${randomUUID()}`;
        this.#codes.set(code, {
          nonce: query.get("nonce"),
          challenge: query.get("code_challenge") ?? "",
          redirectUri: query.get("redirect_uri") ?? "",
        });
        const back = new URL(query.get("redirect_uri") ?? "");
        back.searchParams.set("code", code);
        back.searchParams.set("state", query.get("state") ?? "");
        return void response.writeHead(302, { location: back.href }).end();
      }
      case "/token": {
        const form = new URLSearchParams(await text(request));
        this.tokenRequests.push(form);
        const answer = await this.#tokens(form, request.headers.authorization ?? "");
        await this.tamper(answer, this);
        return void json(answer.body, answer.status);
      }
      default:
        return void response.writeHead(404).end();
    }
  }

  async #tokens(form: URLSearchParams, authorization: string): Promise<TokenResponse> {
    const failed = (error: string, status = 400) => ({ status, body: { error } });
    const [id, secret] = atob(authorization.replace("Basic ", ""))
      .split(":")
      .map((each) => decodeURIComponent(each.replaceAll("+", "%20")));
    if (id !== CLIENT || secret !== SECRET) return failed("invalid_client", 401);
    let nonce: string | null = null;
    if (form.get("grant_type") === "refresh_token") {
      if (!this.#refreshTokens.delete(form.get("refresh_token") ?? "")) return failed("invalid_grant");
    } else {
      const code = form.get("code") ?? "";
      const grant = this.#codes.get(code);
      this.#codes.delete(code);
      const challenge = createHash("sha256")
        .update(form.get("code_verifier") ?? "")
        .digest("base64url");
      if (grant?.challenge !== challenge || grant.redirectUri !== form.get("redirect_uri"))
        return failed("invalid_grant");
      nonce = grant.nonce;
    }
    const refreshToken = `refresh-${randomUUID()}`;
    if (this.hasRefreshTokens) this.#refreshTokens.add(refreshToken);
    return {
      status: 200,
      body: {
        token_type: "Bearer",
        expires_in: this.lifeSeconds,
        access_token:
          this.accessToken === "jwt" ? await this.token(AUDIENCE, this.accessClaims) : "opaque-access-token",
        id_token: await this.idToken(nonce),
        ...(this.hasRefreshTokens && { refresh_token: refreshToken }),
      },
    };
  }
}
