import { STATUS_CODES } from "node:http";
import { type Dispatcher, errors } from "undici";
import type { Handle, WireRequest } from "./protocol.ts";

const CHUNK_BYTES = 64 * 1024;

/** One request on its way through undici's handler interface: the body is fed in chunks, no faster than it is read. */
export class Exchange implements Dispatcher.DispatchController {
  /** `fetch` reads the response headers here. */
  rawHeaders: Record<string, string> | null = null;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #gone = new AbortController();
  #ended = false;
  #resumed: PromiseWithResolvers<void> | null = null;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.#gone.signal.aborted;
  }

  get reason(): Error | null {
    return this.aborted ? this.#gone.signal.reason : null;
  }

  get paused(): boolean {
    return this.#resumed !== null;
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = null;
  }

  abort(reason: Error): void {
    if (this.#ended || this.aborted) return;
    this.#gone.abort(reason);
    this.resume();
    this.#handler.onResponseError?.(this, reason);
  }

  /** Resolves when the response is delivered or the exchange was aborted; what goes wrong goes to the handler. */
  async run(handle: Handle, request: WireRequest, headersTimeoutMs: number): Promise<void> {
    const late = () => this.abort(new errors.HeadersTimeoutError());
    const timer = headersTimeoutMs > 0 ? setTimeout(late, headersTimeoutMs) : undefined;
    try {
      this.#handler.onRequestStart?.(this, null);
      if (this.aborted) return;
      const { status, headers, body } = await handle(request, this.#gone.signal);
      if (this.aborted) return;
      clearTimeout(timer);
      this.rawHeaders = { ...headers };
      this.#handler.onResponseStart?.(this, status, this.rawHeaders, STATUS_CODES[status] ?? "");
      await this.#feed(Buffer.from(body));
      if (this.aborted) return;
      this.#ended = true;
      this.#handler.onResponseEnd?.(this, {});
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error("The sandbox failed", { cause: error }));
    } finally {
      clearTimeout(timer);
    }
  }

  async #feed(body: Buffer): Promise<void> {
    for (let at = 0; at < body.length && !this.aborted; at += CHUNK_BYTES) {
      await this.#resumed?.promise;
      if (!this.aborted) this.#handler.onResponseData?.(this, body.subarray(at, at + CHUNK_BYTES));
    }
    await this.#resumed?.promise;
  }
}
