/**
 * What no log may hold, wherever it comes from: upstream keys, tokens of this gateway and of an issuer, and addresses of people.
 * The escapes of JSON come first, so that what is redacted stays JSON and no letter of an escape is taken for one of a secret.
 */
const ESCAPE = String.raw`\\(?:u[\da-f]{4}|.)`;
const SECRETS = [
  String.raw`sk[-_]ant[-_][\w-]*`,
  String.raw`cag_[\w-]+`,
  String.raw`bearer +[\w\-.~+/]+=*`,
  String.raw`eyJ(?:[\w-]{16,}|[\w-]+\.)[\w.-]*`,
  String.raw`[^\s"\\@%<>()[\]:;,]{1,64}(?:@|%40)\[?[\p{L}\p{N}](?:[\p{L}\p{N}.:-]*[\p{L}\p{N}])?`,
];
const SECRET = new RegExp([ESCAPE, ...SECRETS].join("|"), "giu");

/** A line of a log, as text or as JSON, without anything that is nobody else's to read. */
export function redact(line: string): string {
  return line.replace(SECRET, (found) => (found.startsWith("\\") ? found : "[redacted]"));
}
