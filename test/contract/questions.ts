import type { Endpoint, Parameter } from "../../src/sandbox/endpoint.ts";

const DAY = "starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z";
const WEEK = "starting_at=2026-11-09T00:00:00Z&ending_at=2026-11-16T00:00:00Z";
const HOUR = "starting_at=2026-11-18T10:00:00Z&ending_at=2026-11-18T11:00:00Z";
/** Longer than the export behind the reports has got, and with an end left to the server. */
const UNFINISHED = "starting_at=2026-11-20T00:00:00Z";
/** Nobody worked that day. */
const EMPTY = "starting_at=2026-05-01T00:00:00Z&ending_at=2026-05-02T00:00:00Z";
const ODD_OFFSET = "starting_at=2026-11-18T05:30:00%2B05:30&ending_at=2026-11-18T23:00:00-01:00";

const RANGES = [WEEK, EMPTY, UNFINISHED, ODD_OFFSET];

function buckets(name: string): readonly string[] {
  return [`${WEEK}&${name}=1d`, `${DAY}&${name}=1h`, `${HOUR}&${name}=1m`, `${EMPTY}&${name}=1d`];
}

const ENGAGEMENT = [
  "date=2026-11-18",
  "date=2026-05-01",
  "date=2026-01-01",
  "starting_date=2026-10-01&ending_date=2026-11-01",
  "starting_date=2026-11-15",
];

/** The ways of an endpoint to speak of time, the usual one first. */
const TIMES: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /\/summaries$/,
    [
      "starting_date=2026-10-25&ending_date=2026-11-21",
      "starting_date=2026-01-01",
      "starting_date=2026-05-01&ending_date=2026-05-02",
    ],
  ],
  [/\/analytics\/(usage|cost)$/, [...RANGES, ...buckets("time_bucket_width")]],
  [/\/analytics\/.*_report$/, [...RANGES, ...buckets("bucket_width")]],
  [/\/analytics\//, ENGAGEMENT],
  [/\/claude_code$/, ["starting_at=2026-11-18", "starting_at=2026-05-01", "starting_at=2026-11-22"]],
  [/\/usage_report\/messages$/, [...RANGES, ...buckets("bucket_width")]],
  [/\/organizations\/cost_report$/, [...RANGES, `${WEEK}&bucket_width=1d`]],
  [/./, [""]],
];

/** Real values for parameters whose values the contract does not list; those without one here match nothing. */
export type Samples = Readonly<Record<string, readonly string[]>>;

const NO_SUCH: readonly string[] = ["no_such"];

/** What the contract lets nobody ask at once, or only the key of a parent organization. */
const REFUSED = /project_id.*rbac_group_id|claude_tag_user_id.*rbac_group_id|organization_id/;

/** What an endpoint refuses of the values that others take: limits are for people alone. */
const NOT_OF_PEOPLE = /increase_requests .*(apikey|svac)_/;

/** What a parameter cannot be asked without. */
const COMPANIONS: readonly (readonly [path: RegExp, parameter: string, companion: string])[] = [
  [/\/analytics\/(usage|cost)$/, "exclude_deleted_users", "group_by[]=actor"],
];

/** The ways that an endpoint has parameters for. */
function timesOf(path: string, parameters: Endpoint["parameters"]): readonly string[] {
  const [, times = [""]] = TIMES.find(([pattern]) => pattern.test(path)) ?? [];
  return times.filter((time) => time === "" || Object.hasOwn(parameters, time.slice(0, time.indexOf("="))));
}

/** Query strings that together send every parameter, with every value the contract lists. */
export function questionsOf({ path, parameters, paging }: Endpoint, samples: Samples): readonly string[] {
  const times = timesOf(path, parameters);
  const [usual = ""] = times;
  const questions = new Set(times);
  for (const [name, parameter] of Object.entries(parameters)) {
    const companion = COMPANIONS.find(([pattern, needing]) => needing === name && pattern.test(path))?.[2];
    const values = valuesOf(name, parameter, samples);
    for (const value of values) {
      const sent = `${name}=${encodeURIComponent(value)}`;
      const everywhere = name === "group_by[]" ? times : [usual];
      for (const time of everywhere) questions.add(joined(time, companion, sent));
    }
    if (parameter.type !== "list") continue;
    for (let i = 0; i + 3 <= values.length; i += 2) {
      const some = values.slice(i, i + 3).map((value) => `${name}=${encodeURIComponent(value)}`);
      questions.add(joined(usual, ...some));
    }
  }
  if ("limit" in paging) {
    const max = typeof paging.limit === "function" ? 31 : paging.limit.max;
    const split = parameters["group_by[]"]?.values?.at(-1);
    const grouped = split === undefined ? undefined : `group_by[]=${split}`;
    for (const limit of [1, 2, max]) questions.add(joined(usual, grouped, `limit=${limit}`));
  }
  return [...questions].filter(
    (question) => !REFUSED.test(question) && !NOT_OF_PEOPLE.test(`${path} ${question}`),
  );
}

/** Parameters that time is told with; TIMES has them in all their forms. */
const TIME_PARAMETERS = /^(date|(starting|ending)_(date|at)|(time_)?bucket_width)$/;

function valuesOf(name: string, { type, values, pattern }: Parameter, samples: Samples): readonly string[] {
  if (TIME_PARAMETERS.test(name)) return [];
  if (values !== undefined) return values;
  if (type === "boolean") return ["true", "false"];
  if (pattern === undefined) return samples[name] ?? (type === "list" ? NO_SUCH : []);
  const dimensions = /^\^\(([\w|]+)\):/.exec(pattern.source)?.[1]?.split("|") ?? [];
  return dimensions.flatMap((dimension) =>
    (samples[dimension] ?? NO_SUCH).map((value) => `${dimension}:${value}`),
  );
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("&");
}
