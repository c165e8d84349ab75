import { HttpError } from "../http/http-error.ts";

/** Of all that is under way, what files and pages may be at the most: both are long, and can be had later. */
const LATER_PART = 1 / 4;

/** From here on no more of those are taken, so that questions find room. */
const BUSY_PART = 3 / 4;

/** Limit of concurrent requests of one caller while other callers send requests too. */
const CALLER_PART = 1 / 2;

/** How long after its last question a caller is one of those who ask. */
const AROUND_MS = 10_000;

/** Seconds after which those that were too many can come again: most answers take less, files do not. */
const RETRY_AFTER = { question: 1, later: 5 } as const;

/**
 * Decides which requests are admitted under load. In a long queue every caller times out, so excess requests are rejected at
 * once: first files and pages, then those of a caller who holds half of all slots while others wait, then all.
 */
export class Admission {
  readonly #most: number;
  readonly #now: () => number;
  #underWay = 0;
  #later = 0;
  readonly #holders = new Map<string, Holder>();
  /** The caller who asked last, and the one before who was another. */
  #last: Arrival = NO_ARRIVAL;
  #other: Arrival = NO_ARRIVAL;

  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** A place, which is to be left again; throws HttpError. */
  enter(isLater: boolean): AdmissionSlot {
    if (this.#underWay >= this.#most) throw overloaded(RETRY_AFTER.question);
    const isBusy = this.#underWay >= this.#part(BUSY_PART) || this.#later >= this.#part(LATER_PART);
    if (isLater && isBusy) throw overloaded(RETRY_AFTER.later);
    this.#underWay++;
    if (isLater) this.#later++;
    let holder: Holder | null = null;
    return {
      hold: (caller) => {
        holder ??= this.#hold(caller);
      },
      leave: () => {
        this.#underWay--;
        if (isLater) this.#later--;
        if (holder !== null && --holder.slots === 0) this.#holders.delete(holder.caller);
      },
    };
  }

  #hold(caller: string): Holder {
    this.#arrive(caller);
    const holder = this.#holders.getOrInsertComputed(caller, holderOf);
    if (holder.slots >= this.#part(CALLER_PART) && this.#now() - this.#other.at < AROUND_MS) throw greedy();
    holder.slots++;
    return holder;
  }

  #part(part: number): number {
    return Math.ceil(this.#most * part);
  }

  #arrive(caller: string): void {
    if (this.#last.caller !== caller) this.#other = this.#last;
    this.#last = { caller, at: this.#now() };
  }
}

export interface AdmissionSlot {
  /** Assigns the slot to its caller, once that is known; throws HttpError. */
  hold(caller: string): void;
  leave(): void;
}

/** A caller with requests under way. */
interface Holder {
  readonly caller: string;
  slots: number;
}

const holderOf = (caller: string): Holder => ({ caller, slots: 0 });

interface Arrival {
  readonly caller: string | null;
  readonly at: number;
}

const NO_ARRIVAL: Arrival = { caller: null, at: Number.NEGATIVE_INFINITY };

function overloaded(retryAfter: number): HttpError {
  return new HttpError(
    "OVERLOADED",
    `The gateway is at its limit of concurrent requests; retry in ${retryAfter} second${retryAfter === 1 ? "" : "s"}.`,
    { details: { retryAfter } },
  );
}

function greedy(): HttpError {
  const retryAfter = RETRY_AFTER.question;
  return new HttpError(
    "OVERLOADED",
    `You use half of the gateway's concurrent requests, and other callers need the rest; wait for some of your answers, and retry in ${retryAfter} second.`,
    { status: 429, details: { retryAfter } },
  );
}
