import { randomUUID } from "node:crypto";
import type { RequestName } from "../../planning/estimate.ts";
import type { CallerAccounts, Hold } from "./accounts.ts";

/** The process that keeps the accounts. */
export interface RemoteHolds {
  hold(caller: string, limit: number, names: readonly RequestName[]): Promise<Hold>;
  settle(id: number, requests: number): void;
}

/** The part of a caller's minute that all workers together reserve, and the most requests that one reserves. */
const RESERVATION = { part: 1 / 8, most: 256 } as const;

/** How long a reservation is used. */
const RESERVED_MS = 1_000;

/** State of a caller in this second: `seen` after its first operation, `opening` while a reservation is requested or was refused. */
type State = "seen" | "opening" | Reservation;

/**
 * Holds of the operations of one process. A caller with several operations in a second gets a reservation: requests that are held for none
 * of them, and within which operations are held without a message. Beyond it each is held by the process that keeps the accounts. What a
 * reservation has not used is free again a second later, so that near its limit a caller can be refused that much early.
 */
export class LeasedHolds implements Pick<CallerAccounts, "hold" | "settle"> {
  readonly #remote: RemoteHolds;
  readonly #workers: number;
  readonly #states = new Map<string, State>();
  /** By ids below zero; those above are of the other process. */
  readonly #reserved = new Map<number, (requests: number) => void>();
  #lastId = 0;

  constructor(remote: RemoteHolds, workers: number) {
    this.#remote = remote;
    this.#workers = workers;
  }

  hold(caller: string, limit: number, names: readonly RequestName[]): Hold | Promise<Hold> {
    const state = this.#states.get(caller);
    const settle = state instanceof Reservation ? state.hold(names) : null;
    if (settle !== null) {
      const id = --this.#lastId;
      this.#reserved.set(id, settle);
      return { id };
    }
    const held = this.#remote.hold(caller, limit, names);
    if (state === undefined) this.#remember(caller, "seen");
    else if (state === "seen") this.#open(caller, limit).catch(() => {}); // the operation fails by the same fault
    return held;
  }

  settle(id: number, requests: number): void {
    const settle = this.#reserved.get(id);
    this.#reserved.delete(id);
    if (settle === undefined) this.#remote.settle(id, requests);
    else settle(requests);
  }

  async #open(caller: string, limit: number): Promise<void> {
    this.#remember(caller, "opening");
    const size = Math.min(RESERVATION.most, Math.floor((limit * RESERVATION.part) / this.#workers));
    if (size === 0) return;
    const name = randomUUID();
    const names = Array.from({ length: size }, (_, i) => `${name} ${i}`);
    const held = await this.#remote.hold(caller, limit, names);
    if ("id" in held)
      this.#remember(caller, new Reservation(size, (requests) => this.#remote.settle(held.id, requests)));
  }

  #remember(caller: string, state: State): void {
    this.#states.set(caller, state);
    const forget = () => {
      if (this.#states.get(caller) === state) this.#states.delete(caller);
      if (state instanceof Reservation) state.close();
    };
    setTimeout(forget, RESERVED_MS).unref();
  }
}

/** Requests for operations of one caller. */
class Reservation {
  readonly #settle: (requests: number) => void;
  readonly #held = new Set<RequestName>();
  #free: number;
  #underWay = 0;
  #requests = 0;
  #isClosed = false;

  constructor(size: number, settle: (requests: number) => void) {
    this.#free = size;
    this.#settle = settle;
  }

  /** Holds the requests with these names, except those that are held already. Returns a function that ends the hold; null: there are too many. */
  hold(names: readonly RequestName[]): ((requests: number) => void) | null {
    const own = names.filter((each) => !this.#held.has(each));
    if (own.length > this.#free) return null;
    for (const each of own) this.#held.add(each);
    this.#free -= own.length;
    this.#underWay++;
    return (requests) => {
      for (const each of own) this.#held.delete(each);
      this.#free += own.length - requests;
      this.#requests += requests;
      this.#underWay--;
      this.#endIfOver();
    };
  }

  /** Takes no more operations, and is settled with the last. */
  close(): void {
    this.#isClosed = true;
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#isClosed && this.#underWay === 0) this.#settle(this.#requests);
  }
}
