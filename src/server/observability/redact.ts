/**
 * Values that no log may hold, wherever they come from: upstream keys, tokens of this gateway and of an issuer, passwords in URLs and
 * addresses of people. Words that only describe them stay: the prefix of a key, "bearer token", a scoped package in a path.
 * The escapes of JSON come first, so that what is redacted stays JSON and no letter of an escape is taken for one of a secret.
 */
const ESCAPE = String.raw`\\(?:u[\da-f]{4}|.)`;

const UPSTREAM_KEY = String.raw`sk[-_]ant[-_](?!(?:api|admin)\d\d-(?![\w-]))[\w-]*`;
const OWN_TOKEN = String.raw`cag_[\w-]+`;
const BEARER = String.raw`bearer +(?!tokens?\.?(?![\w\-.~+/=]))[\w\-.~+/]+=*`;
const JWT = String.raw`eyJ(?:[\w-]{16,}|[\w-]+\.)[\w.-]*`;
const USERINFO = String.raw`(?<=://)[^\s"\\/@]+(?=@)`;

/** A slash or a quote right before the `@` is part of a path or of a sentence: `node_modules/@scope`, `'@scope/name'`. */
const LOCAL_PART = '[^\\s"\\\\@%<>()[\\]:;,]{0,63}[^\\s"\\\\@%<>()[\\]:;,/\'`]';
/** A domain has a letter or is an IPv4 address; `node@22` and `client@1.6.0` in a path are versions of packages. */
const VERSION = String.raw`\d+\.\d+\.\d+(?:-[a-z]+(?:\.\d+)*)?(?:[/_+)\s"\\]|$)`;
const IPV4 = String.raw`(?:\d{1,3}\.){3}\d{1,3}`;
const NAME = String.raw`(?=[\p{N}.:-]*\p{L})[\p{L}\p{N}](?:[\p{L}\p{N}.:-]*[\p{L}\p{N}])?`;
const ADDRESS = String.raw`${LOCAL_PART}(?:@|%40)\[?(?!${VERSION})(?:${IPV4}|${NAME})`;

const SECRET = new RegExp([ESCAPE, UPSTREAM_KEY, OWN_TOKEN, BEARER, JWT, USERINFO, ADDRESS].join("|"), "giu");

/**
 * Every secret has one of these in it. Most lines have none, and looking for their last characters, and back from there, takes a
 * hundredth of the time.
 */
const TRACE = /[-_ J@%](?<=sk[-_]ant[-_]|cag_|bearer |eyJ|@|%)/iu;

/** Returns a line of a log, as text or as JSON, with every secret in it replaced. */
export function redact(line: string): string {
  if (!TRACE.test(line)) return line;
  return line.replace(SECRET, (found) => (found.startsWith("\\") ? found : "[redacted]"));
}
