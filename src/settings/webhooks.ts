import { LOG, WEBHOOK_FORMATS, Webhook, type WebhookFormat } from "../alerts/webhook.ts";
import { ALERT_EVENTS, type AlertEvent, isAlertEvent } from "../domain/alert.ts";
import { readKeyFile, readOrReport } from "../operator-file.ts";
import { type Fields, fieldsOf, type ReportEntryFault, wordsIn } from "./file-fields.ts";
import { isSecureUrl } from "./formats.ts";

/** Reads a variable of the environment; empty if it is not set. */
export type ReadVariable = (name: string) => string;

const FIELDS = ["name", "url", "urlEnv", "urlFile", "secretEnv", "secretFile", "format", "events"] as const;

/** Returns a webhook of the file; null after a fault. Faults never repeat a URL or a secret. */
export function webhookIn(
  entry: unknown,
  where: string,
  variable: ReadVariable,
  fault: ReportEntryFault,
): Webhook | null {
  const fields = fieldsOf(entry, where, FIELDS, fault);
  if (fields === null) return null;
  const report = (what: string) => fault(where, what);
  const name = wordsIn(fields.name, "name", where, fault);
  const format = formatIn(fields.format, report);
  const events = eventsIn(fields.events, report);
  const url = urlIn(fields, variable, report);
  const keys = keysIn(fields, format, variable, report);
  if (name === null || format === null || events === null || url === null || keys === null) return null;
  if (name === LOG) report("`name` is that of the log; use another one");
  return new Webhook({ name, format, events, url, keys });
}

/** Returns the files that a webhook is read from, beside the file that lists it. */
export function filesOf(entry: unknown): readonly string[] {
  const fields = typeof entry === "object" && entry !== null ? (entry as Fields) : {};
  return [fields.urlFile, fields.secretFile].filter((path) => typeof path === "string");
}

type Report = (what: string) => void;

function formatIn(value: unknown, report: Report): WebhookFormat | null {
  const format = WEBHOOK_FORMATS.find((each) => each === value) ?? null;
  if (format === null) report("`format` is not json or slack");
  return format;
}

function eventsIn(value: unknown, report: Report): ReadonlySet<AlertEvent> | null {
  const all = Object.keys(ALERT_EVENTS);
  const events: readonly unknown[] = value === undefined ? all : Array.isArray(value) ? value : [];
  if (events.length > 0 && events.every(isAlertEvent)) return new Set(events);
  report(`\`events\` is not a list of ${all.join(", ")}`);
  return null;
}

/** The address of a Slack webhook lets everyone post who knows it. */
const SECRET_ADDRESS = /(^|\.)slack\.com$/i;

function urlIn(fields: Fields, variable: ReadVariable, report: Report): URL | null {
  const place = placeOf(fields, ["url", "urlEnv", "urlFile"], report);
  if (place === null) return null;
  const text = place.field === "url" ? place.value : textAt(place, variable, report);
  if (text === null) return null;
  const url = URL.parse(text);
  if (!isSecureUrl(url) || url.hash !== "") {
    report(`\`${place.field}\` is not an https URL (http for a loopback address) without credentials`);
    return null;
  }
  if (place.field === "url" && SECRET_ADDRESS.test(url.hostname)) {
    report(
      "`url` is the address of a Slack webhook, which is a secret; put it into a variable or another file, and name that as `urlEnv` or `urlFile`",
    );
    return null;
  }
  return url;
}

function keysIn(
  fields: Fields,
  format: WebhookFormat | null,
  variable: ReadVariable,
  report: Report,
): readonly Buffer[] | null {
  const isStated = fields.secretEnv !== undefined || fields.secretFile !== undefined;
  if (!isStated && format === "slack") return [];
  const place = placeOf(fields, ["secretEnv", "secretFile"], report);
  const text = place && textAt(place, variable, report);
  if (text === null) return null;
  const keys = text.split(",").map((each) => keyIn(each.trim()));
  if (keys.length <= 2 && keys.every((each) => each !== null)) return keys;
  report(
    `the secret of \`${place?.field}\` is not \`whsec_\` and 24 to 64 bytes in base64, or two of those with a comma between; make one with: echo "whsec_$(openssl rand -base64 32)"`,
  );
  return null;
}

/** Reads a secret in the form of Standard Webhooks; null for any other text. */
function keyIn(text: string): Buffer | null {
  const encoded = /^whsec_([A-Za-z\d+/]+={0,2})$/.exec(text)?.[1];
  const key = Buffer.from(encoded ?? "", "base64");
  return key.length >= 24 && key.length <= 64 ? key : null;
}

interface Place {
  readonly field: string;
  readonly value: string;
}

/** Returns the one field of several that is stated; null after a fault. */
function placeOf(fields: Fields, names: readonly string[], report: Report): Place | null {
  const stated = names.filter((name) => fields[name] !== undefined);
  const [field] = stated;
  const choice = `${names
    .slice(0, -1)
    .map((name) => `\`${name}\``)
    .join(", ")} or \`${names.at(-1)}\``;
  if (field === undefined || stated.length > 1) {
    report(field === undefined ? `${choice} is missing` : `has more than one of ${choice}`);
    return null;
  }
  const value = fields[field];
  if (typeof value === "string" && value !== "") return { field, value };
  report(`\`${field}\` is not a text`);
  return null;
}

/** Returns the text of the variable or the file that a field names; null after a fault. */
function textAt({ field, value }: Place, variable: ReadVariable, report: Report): string | null {
  if (field.endsWith("File"))
    return (
      readOrReport(
        () => readKeyFile(value),
        (why) => report(`the file of \`${field}\` ${why}`),
      ) ?? null
    );
  if (!/^[A-Za-z_]\w{0,99}$/.test(value)) {
    report(`\`${field}\` is not the name of an environment variable; it must not be the secret itself`);
    return null;
  }
  const text = variable(value);
  if (text !== "") return text;
  report(`the variable of \`${field}\` is not set`);
  return null;
}
