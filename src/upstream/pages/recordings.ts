import type { Archive } from "../../cache/archive.ts";
import { decodeEntry, encodeEntry } from "../../cache/entry.ts";
import { addDays, type Day, dayOf, type Instant } from "../../domain/day.ts";
import type { Credential } from "../access/credential.ts";
import { type AddressOptions, credentialFor, type KeyedEndpoint } from "./address.ts";
import type { KeyOwners } from "./key-owners.ts";
import type { Page } from "./page.ts";

/** An export of upstream, which its watermark names, and when the gateway first saw it. */
export interface SeenExport {
  readonly watermark: Instant;
  readonly seenAt: Instant;
}

/** An export that a month has been recorded from. */
export interface MonthExport {
  readonly watermark: Instant;
  /** No later export changes the month. */
  readonly isFinal: boolean;
}

/** The days of a month as one export had them. */
export interface RecordedMonth extends MonthExport {
  readonly readAt: Instant;
  /** The export that last changed each day; days without usage so far are left out. */
  readonly changedBy: ReadonlyMap<Day, Instant>;
}

/** A month as it was read from one export: figures as text by day. */
export interface MonthReading extends MonthExport {
  /** First day of the month. */
  readonly month: Day;
  readonly readAt: Instant;
  readonly days: ReadonlyMap<Day, string>;
}

/** A day, and an export that changed it. */
export interface DayChange {
  readonly day: Day;
  readonly changedBy: Instant;
}

/** Records of one dataset. */
export interface Recording {
  /** The exports that the gateway has seen, in the order in which it saw them. */
  seen(): Promise<readonly SeenExport[]>;
  /** The exports that a month is recorded from, oldest first. */
  exports(month: Day): Promise<readonly MonthExport[]>;
  /** A month as an export had it; null: it is not recorded. */
  month(month: Day, watermark: Instant): Promise<RecordedMonth | null>;
  /** The recorded changes of the days of a month, by day and then by export; each day begins with its first figures. */
  changes(month: Day): Promise<readonly DayChange[]>;
  /** The figures of days as exports left them, by `figuresName`; those that are missing are left out. */
  figures(month: Day, days: readonly DayChange[]): Promise<ReadonlyMap<string, string>>;
  /** Records a month. Days that are as they were in the export before are not written again. */
  add(reading: MonthReading): Promise<void>;
  /** Drops what is older than the bounds. */
  trim(now: Instant): Promise<void>;
}

/** The name of the figures of a day that an export changed. */
export function figuresName(day: Day, changedBy: Instant): string {
  return `day ${day} ${changedBy}`;
}

/** So many days are recorded. */
export const RECORDED_DAYS = 400;

/** Exports that a month keeps, the newest: six a day for the eleven weeks in which a month changes. */
export const EXPORTS_PER_MONTH = 512;

/** A clock ahead of the gateway's makes no export that is worth noting. */
const MAX_CLOCK_SKEW_MS = 60_000;

export interface RecordingsOptions extends AddressOptions {
  /** Null: nothing is recorded. */
  readonly archive: Archive | null;
  readonly owners: KeyOwners;
  readonly now: () => Instant;
}

/**
 * Records what the exports of upstream said. An export is noted before an answer is made from it, so that the gateway knows which one it
 * answered from at any time, also where it did not come to record it.
 */
export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #newest = new Map<string, Instant>();

  constructor(options: RecordingsOptions) {
    this.#options = options;
  }

  /** Notes the export that a page is from. */
  async saw(
    endpoint: Pick<KeyedEndpoint, "dataset" | "key">,
    { watermark, fetchedAt }: Pick<Page<unknown>, "watermark" | "fetchedAt">,
  ): Promise<void> {
    const { archive, owners } = this.#options;
    if (archive === null || watermark === null || watermark > fetchedAt + MAX_CLOCK_SKEW_MS) return;
    const credential = credentialFor(this.#options, endpoint);
    const { dataset } = endpoint;
    const key = `${credential.fingerprint} ${dataset}`;
    if (watermark <= (this.#newest.get(key) ?? Number.NEGATIVE_INFINITY)) return;
    const owner = (await owners.known(credential).catch(() => null)) ?? credential.fingerprint;
    const line = new TextEncoder().encode(`${fetchedAt}`);
    await archive.append(this.#nameOf(owner, dataset, EXPORTS), new Map([[`${watermark}`, line]]));
    this.#newest.set(key, watermark);
  }

  /** Returns the records of the dataset of an endpoint; null: this gateway records nothing. Throws NOT_CONFIGURED without a key. */
  of({ dataset, key }: Pick<KeyedEndpoint, "dataset" | "key">): Recording | null {
    const { archive, owners } = this.#options;
    const credential = credentialFor(this.#options, { dataset, key });
    if (archive === null) return null;
    return new DatasetRecording(archive, {
      owners: () => this.#ownersOf(credential),
      owner: async () => (await owners.find(credential, key)) ?? credential.fingerprint,
      nameOf: (owner, part) => this.#nameOf(owner, dataset, part),
    });
  }

  /** The organization of a key, if known, and the key itself: what was recorded before that was known is under it. */
  async #ownersOf(credential: Credential): Promise<readonly string[]> {
    const owner = await this.#options.owners.known(credential);
    return owner === null ? [credential.fingerprint] : [owner, credential.fingerprint];
  }

  #nameOf(owner: string, dataset: string, part: string): string {
    return `${owner} ${this.#options.baseUrl.href} ${dataset} ${part}`;
  }
}

/** The log of all exports of a dataset; each month has another one. */
const EXPORTS = "exports";

interface LogNames {
  /** The owners of the logs that are read. */
  readonly owners: () => Promise<readonly string[]>;
  /** The owner of the logs that are written. */
  readonly owner: () => Promise<string>;
  readonly nameOf: (owner: string, part: string) => string;
}

class DatasetRecording implements Recording {
  readonly #archive: Archive;
  readonly #names: LogNames;

  constructor(archive: Archive, names: LogNames) {
    this.#archive = archive;
    this.#names = names;
  }

  async seen(): Promise<readonly SeenExport[]> {
    const first = new Map<Instant, Instant>();
    for (const log of await this.#logs(EXPORTS)) {
      const names = (await this.#archive.names(log)).filter((name) => /^\d+$/.test(name));
      for (const [name, line] of await this.#archive.read(log, names)) {
        const seenAt = Number(new TextDecoder().decode(line));
        const before = first.get(Number(name));
        if (Number.isSafeInteger(seenAt)) first.set(Number(name), Math.min(seenAt, before ?? seenAt));
      }
    }
    return [...first]
      .map(([watermark, seenAt]) => ({ watermark, seenAt }))
      .sort((a, b) => a.seenAt - b.seenAt || a.watermark - b.watermark);
  }

  async exports(month: Day): Promise<readonly MonthExport[]> {
    const each = await Promise.all((await this.#logs(month)).map((log) => this.#exportsIn(log)));
    const byWatermark = new Map(each.flat().map((found) => [found.watermark, found]));
    return [...byWatermark.values()].sort((a, b) => a.watermark - b.watermark);
  }

  async month(month: Day, watermark: Instant): Promise<RecordedMonth | null> {
    for (const log of await this.#logs(month)) {
      const found = (await this.#exportsIn(log)).find((each) => each.watermark === watermark);
      const recorded = found === undefined ? null : await this.#monthIn(log, found);
      if (recorded !== null) return recorded;
    }
    return null;
  }

  async changes(month: Day): Promise<readonly DayChange[]> {
    const each = await Promise.all((await this.#logs(month)).map((log) => this.#archive.names(log)));
    const names = [...new Set(each.flat())].flatMap((name): DayChange[] => {
      const [, day, changedBy] = /^day (\S+) (\d+)$/.exec(name) ?? [];
      return day === undefined ? [] : [{ day: day as Day, changedBy: Number(changedBy) }];
    });
    return names.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : a.changedBy - b.changedBy));
  }

  async figures(month: Day, days: readonly DayChange[]): Promise<ReadonlyMap<string, string>> {
    const names = [...new Set(days.map(({ day, changedBy }) => figuresName(day, changedBy)))];
    const each = await Promise.all((await this.#logs(month)).map((log) => this.#texts(log, names)));
    return new Map(each.flatMap((texts) => [...texts]));
  }

  async add({ month, watermark, isFinal, readAt, days }: MonthReading): Promise<void> {
    const log = this.#names.nameOf(await this.#names.owner(), month);
    const recorded = await this.#exportsIn(log);
    if (recorded.some((each) => each.watermark === watermark)) return;
    const earlier = recorded.filter((each) => each.watermark < watermark).at(-1);
    const before = earlier === undefined ? null : await this.#monthIn(log, earlier);
    const known = [...(before?.changedBy ?? [])];
    const texts = await this.#texts(
      log,
      known.map(([day, changedBy]) => figuresName(day, changedBy)),
    );
    const changedBy = new Map(known);
    const lines = new Map<string, Uint8Array>();
    for (const day of new Set([...changedBy.keys(), ...days.keys()])) {
      const text = days.get(day) ?? NO_FIGURES;
      const last = changedBy.get(day);
      if (last !== undefined && texts.get(figuresName(day, last)) === text) continue;
      changedBy.set(day, watermark);
      const name = figuresName(day, watermark);
      lines.set(name, await encoded(log, name, text, readAt));
    }
    const name = exportName({ watermark, isFinal });
    lines.set(name, await encoded(log, name, JSON.stringify([...changedBy]), readAt));
    await this.#archive.append(log, lines);
    await this.#noteMonth(month);
    if (recorded.length >= EXPORTS_PER_MONTH) await this.#dropExports(log);
  }

  /** Old months are found by the log of all exports. */
  async #noteMonth(month: Day): Promise<void> {
    const log = this.#names.nameOf(await this.#names.owner(), EXPORTS);
    await this.#archive.append(log, new Map([[month, new Uint8Array()]]));
  }

  async trim(now: Instant): Promise<void> {
    const oldest = addDays(dayOf(now), -RECORDED_DAYS);
    for (const log of await this.#logs(EXPORTS)) {
      const names = await this.#archive.names(log);
      const exports = names.filter((name) => /^\d+$/.test(name) && dayOf(Number(name)) < oldest);
      // A month goes when its last day does.
      const months = names.filter(
        (name) => /^\d{4}-\d\d-01$/.test(name) && addDays(name as Day, 31) <= oldest,
      );
      for (const month of months)
        for (const each of await this.#logs(month))
          await this.#archive.drop(each, await this.#archive.names(each));
      await this.#archive.drop(log, [...exports, ...months]);
    }
  }

  /** Drops the oldest exports of a month, and the figures that only they had. */
  async #dropExports(log: string): Promise<void> {
    const exports = await this.#exportsIn(log);
    const kept = exports.slice(-EXPORTS_PER_MONTH);
    const oldest = kept[0] === undefined ? null : await this.#monthIn(log, kept[0]);
    if (oldest === null) return;
    const needed = new Set([...oldest.changedBy].map(([day, changedBy]) => figuresName(day, changedBy)));
    const isOld = (name: string) => Number(name.split(" ").at(-1)) < oldest.watermark;
    const figures = (await this.#archive.names(log)).filter(
      (name) => name.startsWith("day ") && isOld(name) && !needed.has(name),
    );
    await this.#archive.drop(log, [...exports.slice(0, -EXPORTS_PER_MONTH).map(exportName), ...figures]);
  }

  async #logs(part: string): Promise<readonly string[]> {
    return (await this.#names.owners()).map((owner) => this.#names.nameOf(owner, part));
  }

  async #exportsIn(log: string): Promise<readonly MonthExport[]> {
    return (await this.#archive.names(log))
      .flatMap((name) => {
        const [, kind, watermark] = /^(export|final) (\d+)$/.exec(name) ?? [];
        return kind === undefined ? [] : [{ watermark: Number(watermark), isFinal: kind === "final" }];
      })
      .sort((a, b) => a.watermark - b.watermark);
  }

  async #monthIn(log: string, found: MonthExport): Promise<RecordedMonth | null> {
    const name = exportName(found);
    const line = (await this.#archive.read(log, [name])).get(name);
    const entry = line === undefined ? null : await decodeEntry(lineKey(log, name), line);
    if (entry === null) return null;
    return { ...found, readAt: entry.fetchedAt, changedBy: new Map(JSON.parse(entry.body)) };
  }

  async #texts(log: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const lines = await this.#archive.read(log, names);
    const entries = await Promise.all(
      [...lines].map(async ([name, line]) => [name, await decodeEntry(lineKey(log, name), line)] as const),
    );
    return new Map(
      entries.flatMap(([name, entry]): [string, string][] => (entry === null ? [] : [[name, entry.body]])),
    );
  }
}

/** The figures of a day without usage. */
export const NO_FIGURES = "[]";

function exportName({ watermark, isFinal }: MonthExport): string {
  return `${isFinal ? "final" : "export"} ${watermark}`;
}

function lineKey(log: string, name: string): string {
  return `${log} ${name}`;
}

function encoded(log: string, name: string, body: string, fetchedAt: Instant): Promise<Uint8Array> {
  return encodeEntry({ key: lineKey(log, name), body, fetchedAt });
}
