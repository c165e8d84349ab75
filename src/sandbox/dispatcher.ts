import { Dispatcher, errors } from "undici";
import { Exchange } from "./exchange.ts";
import type { Handle, WireRequest } from "./protocol.ts";

interface MountedSandbox {
  readonly handle: Handle;
  /** Called after the last answer. */
  close?(): Promise<void>;
}

/** Answers undici's requests and its `fetch` from a sandbox without a port; whatever the origin, it is the sandbox. */
export class SandboxDispatcher extends Dispatcher {
  readonly #sandbox: MountedSandbox;
  readonly #exchanges = new Map<Exchange, Promise<void>>();
  #state: "open" | "closed" | "destroyed" = "open";

  constructor(sandbox: MountedSandbox) {
    super();
    this.#sandbox = sandbox;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const exchange = new Exchange(handler);
    if (this.#state !== "open") {
      exchange.abort(
        this.#state === "closed" ? new errors.ClientClosedError() : new errors.ClientDestroyedError(),
      );
      return false;
    }
    const run = exchange.run(this.#sandbox.handle, wireRequestOf(options), options.headersTimeout ?? 0);
    this.#exchanges.set(
      exchange,
      run.finally(() => this.#exchanges.delete(exchange)),
    );
    return true;
  }

  /** Refuses what comes and resolves when the requests under way are answered. */
  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | undefined {
    if (this.#state === "open") this.#state = "closed";
    return this.#drained(callback);
  }

  /** As `close`, but the requests under way fail with `error`. */
  override destroy(error?: Error | null): Promise<void>;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null, callback: () => void): void;
  override destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> | undefined {
    this.#state = "destroyed";
    const reason = error instanceof Error ? error : new errors.ClientDestroyedError();
    for (const exchange of this.#exchanges.keys()) exchange.abort(reason);
    return this.#drained(typeof error === "function" ? error : callback);
  }

  #drained(callback: (() => void) | undefined): Promise<void> | undefined {
    const drained = Promise.all(this.#exchanges.values()).then(() => this.#sandbox.close?.());
    if (callback === undefined) return drained;
    drained.then(callback);
    return undefined;
  }
}

function wireRequestOf({ method, path, query, headers }: Dispatcher.DispatchOptions): WireRequest {
  return { method, path: query ? `${path}?${searchOf(query)}` : path, headers: headersOf(headers) };
}

function searchOf(query: Readonly<Record<string, unknown>>): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) search.append(name, String(one ?? ""));
  }
  return search;
}

/** undici takes headers as an object, as pairs, or as names and values in turn. */
function headersOf(sent: Dispatcher.DispatchOptions["headers"]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairsOf(sent ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  }
  return headers;
}

function pairsOf(sent: NonNullable<Dispatcher.DispatchOptions["headers"]>): Iterable<[string, unknown]> {
  if (Array.isArray(sent)) {
    const turns: readonly string[] = sent;
    return turns.flatMap((name, i): [string, unknown][] => (i % 2 === 0 ? [[name, turns[i + 1]]] : []));
  }
  return Symbol.iterator in sent ? (sent as Iterable<[string, unknown]>) : Object.entries(sent);
}
