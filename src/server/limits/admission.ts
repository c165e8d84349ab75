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
  readonly #held = new Map<string, number>();
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
    let holder: string | null = null;
    return {
      hold: (caller) => {
        if (holder !== null) return;
        this.#arrive(caller);
        const held = this.#held.get(caller) ?? 0;
        if (held >= this.#part(CALLER_PART) && this.#now() - this.#other.at < AROUND_MS) throw greedy();
        this.#held.set(caller, held + 1);
        holder = caller;
      },
      leave: () => {
        this.#underWay--;
        if (isLater) this.#later--;
        if (holder === null) return;
        const held = (this.#held.get(holder) ?? 0) - 1;
        if (held > 0) this.#held.set(holder, held);
        else this.#held.delete(holder);
      },
    };
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
