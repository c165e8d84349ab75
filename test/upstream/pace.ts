import { setImmediate } from "node:timers/promises";
import { fairTurn } from "../../src/domain/fair-turn.ts";
import type { Pace } from "../../src/upstream/http/pace.ts";

/** What comes in waits for the thread so often before it waits for anything else. */
const TURNS = 2;

/** Time that passes only when it is told to. */
export interface SimulatedPace extends Pace {
  /** Lets so much time pass, waking sleepers at their moments, in order. */
  advance(ms: number): Promise<void>;
}

export function simulatedPace(): SimulatedPace {
  let now = 0;
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  /** All that waits for promises or for the thread alone goes on. */
  const settle = async () => {
    for (let turn = 0; turn < TURNS; turn++) {
      await setImmediate();
      await fairTurn();
    }
    await setImmediate();
  };
  return {
    now: () => now,
    sleep: (ms) => new Promise<void>((wake) => sleepers.push({ at: now + ms, wake })),
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        await settle();
        const next = sleepers.reduce((soonest, { at }) => Math.min(soonest, at), Number.POSITIVE_INFINITY);
        if (next > end) break;
        now = next;
        const due = sleepers.filter(({ at }) => at <= now);
        sleepers = sleepers.filter(({ at }) => at > now);
        for (const { wake } of due) wake();
      }
      now = end;
      await settle();
    },
  };
}
