import type { AuthConfig } from "./auth.ts";
import type { StoreConfig } from "./cache.ts";
import { oneOrTwoKeys, wholeNumber } from "./formats.ts";
import { fileOf, optional, type SettingsReader, setting, subjectOf } from "./setting.ts";

const DEFAULT_DAYS = 30;

/** Maximum with an issuer: the gateway cannot look its tokens up later. */
const DAYS_OF_JWT = 7;

const keysFile = fileOf("LINK_KEYS");

export const LINKS = {
  keys: optional({
    name: "LINK_KEYS",
    whenUnset: "no links",
    format: oneOrTwoKeys("makes links"),
    meaning:
      "Secrets that links to pictures are made with. The first one makes links, the second one keeps links valid that were made with it before. Requires callers to authenticate, and a store that outlives the process.",
    secret: true,
    file: keysFile,
  }),
  keysFile,
  maxDays: optional({
    name: "LINK_MAX_DAYS",
    whenUnset: `${DEFAULT_DAYS}; ${DAYS_OF_JWT} with \`AUTH=jwt\``,
    format: wholeNumber(1, 365, "days"),
    meaning: `Maximum lifetime of a link. With \`AUTH=jwt\` at most ${DAYS_OF_JWT}: the gateway does not see that an issuer withdraws rights.`,
  }),
  viewsPerMinute: setting({
    name: "LINK_VIEWS_PER_MINUTE",
    default: "60",
    format: wholeNumber(1, 100_000, "views"),
    meaning: "Maximum views of one link in a minute.",
  }),
};

export interface LinksConfig {
  /** The first one makes links. */
  readonly keys: readonly string[];
  readonly maxDays: number;
  readonly viewsPerMinute: number;
}

/** Reads how links to pictures are made; null: there are none. */
export function linksConfig(
  reader: SettingsReader,
  { auth, store }: { readonly auth: AuthConfig; readonly store: StoreConfig | null },
): LinksConfig | null {
  const { keys, maxDays, viewsPerMinute } = reader.readAll(LINKS);
  const isOn = reader.isStated(LINKS.keys);
  const others = reader.changed([LINKS.maxDays, LINKS.viewsPerMinute]);
  if (!isOn && others.length > 0) reader.faults.push(`${subjectOf(others)} set, and LINK_KEYS is not.`);
  if (!isOn) return null;
  if (auth.kind === "none")
    reader.faults.push("LINK_KEYS is set, and AUTH is none: every caller reads pictures without a link.");
  if (store === null)
    reader.faults.push(
      "LINK_KEYS is set, and CACHE_URL is memory:, which forgets at a restart which links are revoked; set it to sqlite:PATH or redis://HOST.",
    );
  const most = auth.kind === "jwt" ? DAYS_OF_JWT : 365;
  if (maxDays !== null && maxDays > most)
    reader.faults.push(`LINK_MAX_DAYS is more than ${most}, the maximum with AUTH=${auth.kind}.`);
  return keys === null
    ? null
    : Object.freeze({ keys, maxDays: maxDays ?? Math.min(DEFAULT_DAYS, most), viewsPerMinute });
}
