import { test } from "vitest";

declare module "vitest" {
  interface TestTags {
    /** Sweeps over seeds, random operations, processes, kills, outages and Redis: `npm run test:deep`. */
    deep: "deep";
  }
}

/** Runs the first case in `npm test` and the others in `npm run test:deep`; otherwise it is `test.each`. */
export function sweep<Case>(cases: readonly Case[]) {
  return (name: string, run: (each: Case) => void | Promise<void>): void => {
    test.for(cases.slice(0, 1))(name, run);
    test.for(cases.slice(1))(name, { tags: "deep" }, run);
  };
}
