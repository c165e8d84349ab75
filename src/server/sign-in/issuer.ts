import type * as OpenIdClient from "openid-client";
import { type Dispatcher, fetch } from "undici";
import type { Instant } from "../../domain/day.ts";
import { causeCodeOf, Outage, type OutageSubject } from "../../errors.ts";
import type { SignInConfig } from "../../settings/sign-in.ts";
import { ISSUER_PAUSE, IssuerUnavailable } from "../auth/authenticator.ts";
import { boundedText, failureReason, ISSUER_TIMEOUT_MS, UnusableAnswer } from "../auth/issuer-response.ts";
import { SIGN_IN_PATH } from "./cookies.ts";

export interface SignInIssuerOptions {
  readonly config: SignInConfig;
  /** How its host is reached. */
  readonly dispatcher: Dispatcher;
  readonly now: () => Instant;
  /** Milliseconds since some moment. */
  readonly elapsedMs: () => number;
  /** Called with an Outage, once for each time the issuer cannot be read. */
  readonly onFault: (fault: unknown) => void;
  readonly onRecovery: (about: OutageSubject, seconds: number) => void;
}

/** Secrets of one sign-in, which its browser keeps until the issuer sends it back. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
}

/** The issuer's answer to a code or to a refresh token. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly idToken: string | null;
  readonly refreshToken: string | null;
}

/** The issuer declined. The message is a reason for the audit log and repeats nothing that a browser sent. */
export class SignInDeclined extends Error {
  /** True if the person has cancelled, or the issuer does not let them use the gateway. */
  readonly isDenied: boolean;

  constructor(reason: string, isDenied = false) {
    super(reason);
    this.isDenied = isDenied;
  }
}

/** Metadata of the issuer is read again after this time. */
const FRESH_MS = 60 * 60_000;

/** How far the issuer's clock may be off. */
const TOLERANCE_SECONDS = 30;

/**
 * The issuer as people sign in with it: OpenID Connect Core 1.0 by authorization code with PKCE. Its metadata is discovered when it is
 * first needed; while it cannot be read, what was read before stays in use.
 */
export class SignInIssuer {
  readonly #options: SignInIssuerOptions;
  readonly #about: OutageSubject;
  #known: { readonly metadata: OpenIdClient.ServerMetadata; readonly readAt: number } | null = null;
  #reading: Promise<void> | null = null;
  #requestedAt = Number.NEGATIVE_INFINITY;
  #outage: { readonly since: number; readonly reason: string } | null = null;

  constructor(options: SignInIssuerOptions) {
    this.#options = options;
    this.#about = { host: options.config.issuer.host };
  }

  /** Reads the metadata where that is due. It never fails: the log says when the issuer is away. */
  async discover(): Promise<void> {
    const { elapsedMs } = this.#options;
    if (this.#known !== null && elapsedMs() < this.#known.readAt + FRESH_MS) return;
    if (this.#reading === null && elapsedMs() < this.#requestedAt + ISSUER_PAUSE * 1_000) return;
    this.#reading ??= this.#read();
    await this.#reading;
  }

  /** The URL at which a person signs in. Throws IssuerUnavailable. */
  async authorizationUrl(
    { state, nonce, verifier }: Attempt,
    { asksAgain }: { readonly asksAgain: boolean },
  ): Promise<URL> {
    const { library, configuration } = await this.#client();
    const { scopes, parameters } = this.#options.config;
    return library.buildAuthorizationUrl(configuration, {
      ...Object.fromEntries(parameters),
      ...(asksAgain && { prompt: "login" }),
      scope: scopes,
      redirect_uri: this.#callback.href,
      state,
      nonce,
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
  }

  /** The tokens for the code in a callback. Throws SignInDeclined or IssuerUnavailable. */
  async exchange(query: string, { state, nonce, verifier }: Attempt): Promise<IssuedTokens> {
    const { library, configuration } = await this.#client();
    const url = this.#callback;
    url.search = query;
    return this.#tokens(
      library,
      library.authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      }),
    );
  }

  /** Throws SignInDeclined or IssuerUnavailable. */
  async refresh(refreshToken: string): Promise<IssuedTokens> {
    const { library, configuration } = await this.#client();
    return this.#tokens(library, library.refreshTokenGrant(configuration, refreshToken));
  }

  /** The URL at which a person signs out of the issuer; null where it has none (OpenID Connect RP-Initiated Logout 1.0). */
  async endSessionUrl(idToken: string | null): Promise<URL | null> {
    if (this.#known?.metadata.end_session_endpoint === undefined) return null;
    const { library, configuration } = await this.#client();
    return library.buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: this.#options.config.publicUrl.href,
      ...(idToken !== null && { id_token_hint: idToken }),
    });
  }

  get #callback(): URL {
    return new URL(`${SIGN_IN_PATH}/callback`, this.#options.config.publicUrl);
  }

  async #tokens(
    library: typeof OpenIdClient,
    granted: Promise<OpenIdClient.TokenEndpointResponse>,
  ): Promise<IssuedTokens> {
    try {
      const { access_token, id_token, refresh_token } = await granted;
      return {
        accessToken: access_token,
        idToken: id_token ?? null,
        refreshToken: refresh_token ?? null,
      };
    } catch (fault) {
      throw this.#declined(library, fault);
    }
  }

  /** Returns the error that a failed grant means. It repeats texts of the issuer only where they are registered words. */
  #declined(library: typeof OpenIdClient, fault: unknown): Error {
    const unavailable = unavailableIn(fault);
    if (unavailable !== null) return unavailable;
    if (fault instanceof library.AuthorizationResponseError)
      return new SignInDeclined(`the issuer answers ${wordIn(fault.error)}`, fault.error === "access_denied");
    if (!(fault instanceof library.ResponseBodyError)) return new SignInDeclined(causeCodeOf(fault));
    if (OUR_FAULTS.includes(fault.error))
      this.#options.onFault(
        new Outage(
          `the issuer rejects the gateway (${fault.error}), so people cannot sign in; check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET`,
          fault.error.toUpperCase(),
          this.#about,
        ),
      );
    return new SignInDeclined(`the issuer rejects the code or token: ${wordIn(fault.error)}`);
  }

  async #client(): Promise<{ library: typeof OpenIdClient; configuration: OpenIdClient.Configuration }> {
    await this.discover();
    if (this.#known === null)
      throw new IssuerUnavailable(this.#outage?.reason ?? "the issuer has not been read yet");
    const { metadata } = this.#known;
    const { config, now } = this.#options;
    const library = await libraryOf();
    const configuration = new library.Configuration(
      metadata,
      config.clientId,
      {
        // The clock of the gateway may be another than that of the machine.
        [library.clockSkew]: Math.round((now() - Date.now()) / 1_000),
        [library.clockTolerance]: TOLERANCE_SECONDS,
      },
      authenticationOf(library, config.clientSecret, metadata),
    );
    configuration.timeout = ISSUER_TIMEOUT_MS / 1_000;
    configuration[library.customFetch] = this.#fetch;
    if (config.issuer.protocol === "http:") library.allowInsecureRequests(configuration);
    return { library, configuration };
  }

  async #read(): Promise<void> {
    const { config, elapsedMs, onFault, onRecovery } = this.#options;
    try {
      const library = await libraryOf();
      const discovered = await library.discovery(config.issuer, config.clientId, {}, library.None(), {
        [library.customFetch]: this.#fetch,
        timeout: ISSUER_TIMEOUT_MS / 1_000,
        execute: config.issuer.protocol === "http:" ? [library.allowInsecureRequests] : [],
      });
      this.#known = { metadata: usable(discovered.serverMetadata()), readAt: elapsedMs() };
      if (this.#outage !== null)
        onRecovery(this.#about, Math.round((elapsedMs() - this.#outage.since) / 1_000));
      this.#outage = null;
    } catch (fault) {
      const reason = unavailableIn(fault)?.message ?? failureReason(fault);
      if (this.#outage === null)
        onFault(
          new Outage(
            `the issuer's discovery document cannot be read (${reason}), so people cannot sign in on the pages until it can; sessions stay valid`,
            "DISCOVERY_FAILED",
            this.#about,
            fault,
          ),
        );
      this.#outage = { since: this.#outage?.since ?? elapsedMs(), reason };
    } finally {
      this.#requestedAt = elapsedMs();
      this.#reading = null;
    }
  }

  readonly #fetch: OpenIdClient.CustomFetch = async (url, { method, headers, body, redirect, signal }) => {
    const { dispatcher } = this.#options;
    const sent = {
      method,
      headers,
      redirect,
      dispatcher,
      ...(signal && { signal }),
      ...(body != null && { body: String(body) }),
    };
    try {
      const response = await fetch(url, sent);
      const text = await boundedText(response);
      if (response.status >= 500) throw new UnusableAnswer(`status ${response.status}`);
      return new Response(text, { status: response.status, headers: Object.fromEntries(response.headers) });
    } catch (fault) {
      throw new IssuerUnavailable(failureReason(fault));
    }
  };
}

/** The library takes a part of the start, which gateways without sign-in are spared. */
function libraryOf(): Promise<typeof OpenIdClient> {
  return import("openid-client");
}

/** Errors of RFC 6749, 5.2, that no person can cause. */
const OUR_FAULTS: readonly string[] = ["invalid_client", "unauthorized_client", "unsupported_grant_type"];

/** Names of errors are words (RFC 6749, 4.1.2.1); anything else was made up. */
function wordIn(error: string): string {
  return /^[a-z_]{1,40}$/.test(error) ? error : "an unknown error";
}

function usable(metadata: OpenIdClient.ServerMetadata): OpenIdClient.ServerMetadata {
  for (const endpoint of ["authorization_endpoint", "token_endpoint"] as const)
    if (typeof metadata[endpoint] !== "string") throw new UnusableAnswer(`no ${endpoint}`);
  return metadata;
}

/** An issuer that does not say how clients authenticate takes the header (OpenID Connect Discovery 1.0, 3). */
function authenticationOf(
  library: typeof OpenIdClient,
  secret: string | null,
  { token_endpoint_auth_methods_supported: methods = ["client_secret_basic"] }: OpenIdClient.ServerMetadata,
): OpenIdClient.ClientAuth {
  if (secret === null) return library.None();
  return methods.includes("client_secret_basic")
    ? library.ClientSecretBasic(secret)
    : library.ClientSecretPost(secret);
}

/** The outage that kept the library from an answer; null where it had one. */
function unavailableIn(fault: unknown): IssuerUnavailable | null {
  let each = fault;
  for (let i = 0; i < MAX_CAUSES && each instanceof Error; i++) {
    if (each instanceof IssuerUnavailable) return each;
    each = each.cause;
  }
  return null;
}

const MAX_CAUSES = 5;
