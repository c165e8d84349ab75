import { Command, InvalidArgumentError } from "commander";
import type { Subject } from "./options.ts";
import { abuse } from "./subjects/abuse.ts";
import { cold } from "./subjects/cold.ts";
import { exports } from "./subjects/export.ts";
import { growth } from "./subjects/growth.ts";
import { hot } from "./subjects/hot.ts";
import { library } from "./subjects/library.ts";
import { observe } from "./subjects/observe.ts";
import { start } from "./subjects/start.ts";
import { store } from "./subjects/store.ts";
import { turns } from "./subjects/turns.ts";
import { workers } from "./subjects/workers.ts";

/** What a run measures, in this order. bench/README.md says how. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  hot,
  cold,
  start,
  growth,
  export: exports,
  store,
  abuse,
  turns,
  workers,
  observe,
  library,
};

/** Those of a run without `--only`; `library` takes longer than all others. */
const DEFAULT = Object.keys(SUBJECTS).filter((name) => name !== "library");

function subjects(list: string): readonly string[] {
  const names = list.split(",");
  const unknown = names.find((name) => !Object.hasOwn(SUBJECTS, name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`${unknown} is not one of ${Object.keys(SUBJECTS).join(", ")}.`);
  return names;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a positive number.");
  return value;
}

export interface Flags {
  readonly only: readonly string[];
  readonly seconds: number;
  readonly questions: readonly string[];
  readonly json?: string;
  readonly save?: true;
}

/** `npm run bench`. */
export function benchCommand(): Command {
  return new Command("bench")
    .description("Measure the gateway beside a floor and the plain choice, in one run.")
    .option("--only <subjects>", `of ${Object.keys(SUBJECTS).join(", ")}`, subjects, DEFAULT)
    .option("--seconds <number>", "length of each measurement after its warm-up", positive, 1)
    .option(
      "--questions <names>",
      "of `library`, by the beginnings of their names: 17,page/spend,export/users",
      (list: string) => list.split(","),
      [],
    )
    .option("--json <file>", "write the tables to a file as well, to compare runs")
    .option(
      "--save",
      "put the tables into bench/README.md (those of `library` alone into bench/library.md), and the ratios into bench/baseline.json",
    );
}
