import type { Dataset } from "../../domain/dataset.ts";
import type { Endpoint } from "../endpoint.ts";
import { Interest } from "./interest.ts";
import type { Page } from "./page.ts";

/** A request under way. */
interface Flight {
  readonly page: Promise<Page<unknown>>;
  readonly interest: Interest;
  readonly startedAt: number;
}

/** The requests under way, one per cache key (single flight). A caller that leaves ends a request only where no other waits for it. */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  /** The first request under way to each dataset with exports: its watermark confirms or replaces the stored pages of the others. */
  readonly #probes = new Map<Dataset, Promise<void>>();
  readonly #joinableMs: number;

  /** A request is joined in the first half of its deadline only: later, callers would inherit a hang that is about to fail. */
  constructor(deadlineMs: number) {
    this.#joinableMs = deadlineMs / 2;
  }

  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /** Resolves after the request that shows the newest export of a dataset; undefined where none is under way. */
  probeOf(dataset: Dataset): Promise<void> | undefined {
    return this.#probes.get(dataset);
  }

  /** Joins the request for a page; undefined where there is none to join. */
  join<Row>(key: string, caller: AbortSignal): Promise<Page<Row>> | undefined {
    const flight = this.#flights.get(key);
    if (flight === undefined || flight.interest.signal.aborted) return undefined;
    if (performance.now() - flight.startedAt >= this.#joinableMs) return undefined;
    flight.interest.add(caller);
    return flight.page as Promise<Page<Row>>;
  }

  /** Starts the request for a page, which other callers can join. `request` gets the signal that ends it when no caller waits. */
  start<Row>(
    { dataset, watermarked }: Pick<Endpoint<never, Row>, "dataset" | "watermarked">,
    key: string,
    caller: AbortSignal,
    request: (unwanted: AbortSignal) => Promise<Page<Row>>,
  ): Promise<Page<Row>> {
    const interest = new Interest();
    interest.add(caller);
    const page = request(interest.signal);
    const flight = { page, interest, startedAt: performance.now() };
    this.#flights.set(key, flight);
    const land = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      if (this.#probes.get(dataset) === landed) this.#probes.delete(dataset);
    };
    const landed = page.then(land, land);
    if (watermarked && !this.#probes.has(dataset)) this.#probes.set(dataset, landed);
    return page;
  }
}
