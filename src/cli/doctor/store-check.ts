import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Archive } from "../../cache/archive.ts";
import { mistakeOf, outageFrom } from "../../cache/guarded-store.ts";
import type { SharedStore } from "../../cache/shared-store.ts";
import type { Config } from "../../config.ts";
import { Outage } from "../../errors.ts";
import type { StoreConfig } from "../../settings/cache.ts";
import { openArchive, openStore } from "../open.ts";
import { type Check, type Finding, ok, problem, sentence, warning } from "./finding.ts";

export interface StoreCheck {
  readonly findings: readonly Finding[];
  /** The store, if it works; the caller disposes of it. */
  readonly store: SharedStore | null;
}

/** Writes and reads an entry of the store of CACHE_URL, and reads from the archive beside it. */
export async function checkStore({ cache }: Pick<Config, "cache">): Promise<StoreCheck> {
  const { store: config } = cache;
  if (config === null) return { store: null, findings: [IN_MEMORY] };
  const { store, findings } = await checkShared(config);
  if (store === null) return { store, findings };
  return { store, findings: [...findings, ...(await checkArchive(config))] };
}

const IN_MEMORY = ok(
  "store",
  "Answers are kept in memory; with CACHE_URL they would survive a restart, and replicas would share them.",
);

async function checkShared(config: StoreConfig): Promise<StoreCheck> {
  const opened: SharedStore[] = [];
  const key = `doctor ${randomUUID()}`;
  const fault = await faultOf(async () => {
    const store = await openStore(config, () => {});
    opened.push(store);
    await store.occupancy("doctor");
    await store.set(key, Buffer.from(key), 10_000);
    const read = await store.get(key);
    await store.delete(key);
    if (read === null || Buffer.from(read).toString() !== key) throw new Error("another value");
  });
  const [store = null] = opened;
  if (fault === null)
    return { store, findings: [ok("store", "The store of CACHE_URL can be read and written.")] };
  await store?.dispose();
  return { store: null, findings: [unusable("store", outageFrom({ store: config.kind }, fault))] };
}

async function checkArchive(config: StoreConfig): Promise<Finding[]> {
  const risks: unknown[] = [];
  const opened: Archive[] = [];
  const fault = await faultOf(async () => {
    const archive = await openArchive(config, (risk) => void risks.push(risk));
    opened.push(archive);
    await archive.has("doctor");
  });
  await opened[0]?.dispose();
  if (fault !== null)
    return [unusable("archive", outageFrom({ store: config.kind, part: "archive" }, fault))];
  return [
    ok("archive", "The archive beside the store can be read."),
    ...risks
      .filter((risk) => risk instanceof Outage)
      .map((risk) => warning("archive", "STORE_AT_RISK", sentence(risk.message), null)),
  ];
}

/** Longer than a gateway waits, which leaves a store alone that is slow: this is to find out why. */
const LONGEST_MS = 15_000;

async function faultOf(work: () => Promise<void>): Promise<unknown> {
  const late = setTimeout(LONGEST_MS, null, { ref: false }).then(() => {
    throw Object.assign(new Error("late"), { code: "ETIMEDOUT" });
  });
  return Promise.race([work(), late]).then(
    () => null,
    (fault) => fault,
  );
}

function unusable(check: Check, outage: Outage): Finding {
  const { code } = outage;
  const mistake = mistakeOf(outage);
  if (mistake !== null)
    return problem(
      check,
      "STORE_UNUSABLE",
      sentence(`the ${check} cannot be used: ${mistake}`, code),
      "Correct what the line says, or CACHE_URL; the gateway does not start until then.",
    );
  return problem(
    check,
    "STORE_AWAY",
    sentence(outage.message, code),
    code === "ECONNREFUSED" || code === "ENOTFOUND"
      ? "Start the server that CACHE_URL names, or correct CACHE_URL."
      : "Correct what the line says; the gateway uses the store again by itself.",
  );
}
