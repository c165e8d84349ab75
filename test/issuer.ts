import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll } from "vitest";

/** A key pair of an issuer. */
export interface SigningKey {
  readonly privateKey: CryptoKey;
  /** As a JWKS publishes it, without `alg`, `use` and `kid`. */
  readonly jwk: JWK;
}

export async function signingKey(alg: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: await exportJWK(publicKey) };
}

/** A token with this header and these claims, signed. */
export function sign(
  key: SigningKey,
  header: { readonly alg: string; readonly kid?: string },
  claims: object,
) {
  return new SignJWT({ ...claims }).setProtectedHeader(header).sign(key.privateKey);
}

/** An issuer on loopback that publishes whatever keys it has, and counts how often they are read. */
export class Issuer {
  keys: readonly object[] = [];
  /** Beside `keys`. */
  more: object = {};
  /** In place of the keys, where it fails. */
  answer: RequestListener | null = null;
  readonly paths: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.paths.push(request.url ?? "");
      if (this.answer !== null) this.answer(request, response);
      else
        response
          .setHeader("content-type", "application/json")
          .end(JSON.stringify({ keys: this.keys, ...this.more }));
    });
  }

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, "127.0.0.1", resolve));
    afterAll(() => issuer.stop());
    return issuer;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get reads(): number {
    return this.paths.length;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export const failing: RequestListener = (_request, response) => {
  response.writeHead(503).end("<h1>Down for maintenance</h1>");
};
