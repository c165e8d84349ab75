import { type KeyFamily, VARIABLE_OF_KEY } from "./upstream/endpoint.ts";

/** The prefixes that tell the kind of a key. Other keys are legal, such as the personal ones of a Console organization. */
const PREFIXES: Readonly<Record<KeyFamily, string>> = {
  analytics: "sk-ant-api01-",
  admin: "sk-ant-admin01-",
};

/**
 * Faults that keep the keys from being used; `subjects` names each key by its variable or its file. A key is never repeated, only its
 * public prefix.
 */
export function keyFaults(
  keys: Readonly<Record<KeyFamily, string>>,
  subjects: Readonly<Record<KeyFamily, string>>,
): string[] {
  const faults = KEY_FAMILIES.flatMap((family) => {
    const key = keys[family];
    const other = otherFamily(family);
    const subject = subjects[family];
    const unusable = tokenFaults(subject, key);
    if (unusable.length > 0) return unusable;
    // The other way round proves nothing: personal keys can stand in for an Admin key.
    if (family === "admin" || !key.startsWith(PREFIXES[other])) return [];
    return [
      `${subject} begins with ${PREFIXES[other]}, as keys of ${VARIABLE_OF_KEY[other]} do; set it there.`,
    ];
  });
  const isOneKey = keys.analytics !== "" && keys.analytics === keys.admin;
  if (isOneKey && faults.length === 0)
    faults.push(
      "ANTHROPIC_ANALYTICS_KEY and ANTHROPIC_ADMIN_KEY hold the same key, which belongs to one organization; unset one of them.",
    );
  return faults;
}

/** The fault of a key that opens no Enterprise analytics; null where it can. */
export function foreignKeyFault(name: string, key: string): string | null {
  return key.startsWith(PREFIXES.admin)
    ? `${name} begins with ${PREFIXES.admin}, as those of Console organizations do; correct \`kind\`, or the place of the key.`
    : null;
}

/** Faults that keep a key or a token from being sent. */
export function tokenFaults(name: string, key: string): string[] {
  if (QUOTES.test(key)) return [`${name} is in quotation marks; set the key without them.`];
  return /^[\x21-\x7e]*$/.test(key) ? [] : [`${name} has characters that are not valid in a key.`];
}

const KEY_FAMILIES = ["analytics", "admin"] as const satisfies readonly KeyFamily[];

function otherFamily(family: KeyFamily): KeyFamily {
  return family === "analytics" ? "admin" : "analytics";
}

const QUOTES = /^["'`‘’“”].*|["'`‘’“”]$/s;

/** Hints about keys that may be set wrongly and do not stop the start, one a line. */
export function keyHints(environment: Readonly<Record<string, string | undefined>>): string[] {
  const hints = KEY_FAMILIES.flatMap((family) => {
    const name = VARIABLE_OF_KEY[family];
    const given = environment[name] ?? "";
    const key = given.trim();
    if (key === "") return [];
    const blanks = `${name} has spaces or line breaks around the key, which are ignored.`;
    const prefix = `${name} holds a key that does not begin with ${PREFIXES[family]}; it is used once upstream confirms that it belongs to the right organization.`;
    const isRefused = QUOTES.test(key) || key.startsWith(PREFIXES.admin);
    const isUsual = key.startsWith(PREFIXES[family]) || isRefused;
    return [...(given === key ? [] : [blanks]), ...(isUsual ? [] : [prefix])];
  });
  const used = [
    ...KEY_FAMILIES.map((family) => VARIABLE_OF_KEY[family]),
    "ANTHROPIC_ADMIN_TOKEN",
    "ORGANIZATIONS_FILE",
  ];
  if (used.some((name) => (environment[name] ?? environment[`${name}_FILE`])?.trim())) return hints;
  return OTHER_KEYS.flatMap((name) => {
    const key = environment[name]?.trim();
    if (!key) return [];
    const family = KEY_FAMILIES.find((each) => key.startsWith(PREFIXES[each]));
    const meant =
      family === undefined
        ? "keys for calling models have no access to analytics; set ANTHROPIC_ANALYTICS_KEY to a key of the Enterprise organization (sk-ant-api01-...), ANTHROPIC_ADMIN_KEY to one of the Console organization (sk-ant-admin01-...), or both"
        : `its key begins with ${PREFIXES[family]}, so set it as ${VARIABLE_OF_KEY[family]}`;
    return [`${name} has no effect: ${meant}.`];
  });
}

/** Variables that other programs for the same upstream read. */
const OTHER_KEYS = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_ADMIN_API_KEY",
  "ANTHROPIC_KEY",
  "CLAUDE_API_KEY",
] as const;
