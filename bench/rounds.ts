import { setTimeout as sleep } from "node:timers/promises";

/** Many short ones: what disturbs the machine for some seconds then disturbs fewer than half of them. */
const ROUNDS = 7;

/** Measures every subject in turn, several times, so that a busy machine is as busy for each. The first round warms up. */
export async function interleaved<Subject, Measured>(
  subjects: readonly Subject[],
  measure: (subject: Subject, isWarmUp: boolean) => Promise<Measured>,
  rounds = ROUNDS,
): Promise<readonly { readonly subject: Subject; readonly rounds: readonly Measured[] }[]> {
  const measured = subjects.map((subject) => ({ subject, rounds: [] as Measured[] }));
  for (let round = 0; round <= rounds; round++)
    for (const each of measured) {
      const result = await measure(each.subject, round === 0);
      if (round > 0) each.rounds.push(result);
      await sleep(PAUSE_MS); // what the last one left, such as a collection, is not the next one's
    }
  return measured;
}

const PAUSE_MS = 50;
