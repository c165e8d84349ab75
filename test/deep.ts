import { test } from "vitest";

declare module "vitest" {
  interface TestTags {
    /** Sweeps over seeds, random operations, processes, kills, outages and Redis: `npm run test:deep`. */
    deep: "deep";
  }
}

const { PROPERTY_SEED = "1", EVERY_SEED } = process.env;

/** Takes the first of some seeds and others, which PROPERTY_SEED chooses; all of them with EVERY_SEED=1. */
export function sampleOf<Seed>([first, ...rest]: readonly [Seed, ...Seed[]], count: number): readonly Seed[] {
  if (EVERY_SEED === "1") return [first, ...rest];
  const begin = Number(PROPERTY_SEED) * (count - 1);
  return [first, ...Array.from({ length: count - 1 }, (_, i) => rest[(begin + i) % rest.length] as Seed)];
}

/** Runs the first case in `npm test` and the others in `npm run test:deep`; otherwise it is `test.each`. */
export function sweep<Case>(cases: readonly Case[]) {
  return (name: string, run: (each: Case) => void | Promise<void>): void => {
    test.for(cases.slice(0, 1))(name, run);
    test.for(cases.slice(1))(name, { tags: "deep" }, run);
  };
}
