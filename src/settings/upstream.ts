import { keyFaults, tokenFaults } from "../keys.ts";
import { directHosts, NO_PROXIES, type Proxies, proxyUrl } from "../proxies.ts";
import { Credential, type Credentials } from "../upstream/access/credential.ts";
import { ConfigError } from "./config-error.ts";
import { httpUrl, seconds, text, wholeNumber } from "./formats.ts";
import { inFile, keyInFile } from "./key-file.ts";
import { optional, type SettingFormat, type SettingsReader, setting } from "./setting.ts";

/** Where clouds hand out credentials of machines, in each way that a parsed URL writes it. */
const LINK_LOCAL = /^(169\.254\.|\[::ffff:a9fe:|\[fe[89ab])/;

const BASE_URL: SettingFormat<URL> = {
  parse(value) {
    const url = httpUrl(value);
    return url?.search === "" && url.hash === "" && !LINK_LOCAL.test(url.hostname) ? url : null;
  },
  expected: "an http or https URL without credentials, query or fragment, and not of a link-local address",
  values: "http or https URL",
};

const PROXY: SettingFormat<URL> = {
  parse: proxyUrl,
  expected:
    "the URL of an http or https proxy, such as http://proxy.example.com:3128, with name and password percent-encoded",
  values: "URL",
};

export const UPSTREAM = {
  analyticsKey: optional({
    name: "ANTHROPIC_ANALYTICS_KEY",
    format: text("key"),
    meaning: "API key of the Enterprise organization (`sk-ant-api01-...`).",
    secret: true,
  }),
  adminKey: optional({
    name: "ANTHROPIC_ADMIN_KEY",
    format: text("key"),
    meaning:
      "Admin API key of the Console organization (`sk-ant-admin01-...`). Without either key the sandbox answers.",
    secret: true,
  }),
  adminToken: optional({
    name: "ANTHROPIC_ADMIN_TOKEN",
    format: text("OAuth access token"),
    meaning:
      "OAuth access token of the Console organization with `org:admin`, instead of ANTHROPIC_ADMIN_KEY. It is sent as `Authorization: Bearer`. A personal key, or one of a service account, belongs in ANTHROPIC_ADMIN_KEY.",
    secret: true,
  }),
  analyticsKeyFile: optional({
    name: "ANTHROPIC_ANALYTICS_KEY_FILE",
    format: text("path"),
    meaning:
      "File with the key of ANTHROPIC_ANALYTICS_KEY, instead of that variable. A changed key applies without a restart.",
    example: "/run/secrets/analytics-key",
  }),
  adminKeyFile: optional({
    name: "ANTHROPIC_ADMIN_KEY_FILE",
    format: text("path"),
    meaning:
      "File with the key of ANTHROPIC_ADMIN_KEY, instead of that variable. A changed key applies without a restart.",
    example: "/run/secrets/admin-key",
  }),
  adminTokenFile: optional({
    name: "ANTHROPIC_ADMIN_TOKEN_FILE",
    format: text("path"),
    meaning:
      "File with the token of ANTHROPIC_ADMIN_TOKEN, instead of that variable. A changed token applies without a restart.",
    example: "/run/secrets/admin-token",
  }),
  baseUrl: setting({
    name: "ANTHROPIC_BASE_URL",
    default: "https://api.anthropic.com",
    format: BASE_URL,
    meaning: "Base URL of the REST APIs. It needs a key and must not contain credentials.",
  }),
  timeoutMs: setting({
    name: "UPSTREAM_TIMEOUT",
    default: "10",
    format: seconds(1, 600),
    meaning: "Time limit of one upstream request.",
  }),
  analyticsPerMinute: setting({
    name: "UPSTREAM_PER_MINUTE",
    default: "60",
    format: wholeNumber(1, 1_000_000, "requests"),
    meaning:
      "Upstream requests for figures per minute and organization. All replicas that share a store share it.",
  }),
  lookupsPerMinute: setting({
    name: "LOOKUPS_PER_MINUTE",
    default: "100",
    format: wholeNumber(1, 1_000_000, "requests"),
    meaning: "Upstream requests for look-ups, such as members and workspaces, per minute and organization.",
  }),
  spendLimitsPerMinute: setting({
    name: "SPEND_LIMITS_PER_MINUTE",
    default: "60",
    format: wholeNumber(1, 1_000_000, "requests"),
    meaning: "Upstream requests for spend limits per minute and organization, which upstream counts apart.",
  }),
  httpsProxy: optional({
    name: "HTTPS_PROXY",
    format: PROXY,
    meaning:
      "Proxy for https URLs: upstream and the issuer's keys. A user name and password in it are sent to the proxy and never logged.",
    example: "http://proxy.example.com:3128",
    secret: true,
    lowerCase: true,
  }),
  httpProxy: optional({
    name: "HTTP_PROXY",
    format: PROXY,
    meaning: "Proxy for http URLs.",
    secret: true,
    lowerCase: true,
  }),
  noProxy: optional({
    name: "NO_PROXY",
    format: text("comma-separated hosts, or `*`"),
    meaning:
      "Hosts that are reached without the proxy: names (with their subdomains) or addresses, each with an optional port. Loopback never uses the proxy.",
    example: "corp.example,10.1.2.3:8443",
    lowerCase: true,
  }),
};

/** Settings that hold a key or a token, each with the one that names its file. */
export const KEY_SETTINGS = {
  analytics: [UPSTREAM.analyticsKey, UPSTREAM.analyticsKeyFile],
  admin: [UPSTREAM.adminKey, UPSTREAM.adminKeyFile],
  adminToken: [UPSTREAM.adminToken, UPSTREAM.adminTokenFile],
} as const;

type KeyName = keyof typeof KEY_SETTINGS;

type KeyTexts = Readonly<Record<KeyName, string>>;

/** Keys as they are stated, and the files that they can be read from again; empty texts are not stated. */
interface KeySources {
  readonly stated: KeyTexts;
  /** Paths. */
  readonly files: KeyTexts;
}

/** True if a key is stated, or the file of one. */
export function hasKeys(reader: SettingsReader): boolean {
  return Object.values(KEY_SETTINGS).some((each) => each.some((setting) => reader.isStated(setting)));
}

/** Reads the keys, from their files where those are named. Every fault is a line that does not repeat a key. */
function keysIn({ stated, files }: KeySources, faults: string[]): KeyTexts {
  const keyOf = (name: KeyName): string => {
    const [{ name: variable }, { name: fileVariable }] = KEY_SETTINGS[name];
    const path = files[name];
    if (path === "") return stated[name];
    if (stated[name] !== "") faults.push(`${variable} and ${fileVariable} are both set; unset one of them.`);
    return keyInFile(path, fileVariable, faults);
  };
  const keys = { analytics: keyOf("analytics"), admin: keyOf("admin"), adminToken: keyOf("adminToken") };
  const subject = (name: KeyName) => {
    const [{ name: variable }, { name: fileVariable }] = KEY_SETTINGS[name];
    return files[name] === "" ? variable : inFile(fileVariable);
  };
  const subjects = { analytics: subject("analytics"), admin: subject("admin") };
  faults.push(...keyFaults(keys, subjects), ...tokenFaults(subject("adminToken"), keys.adminToken));
  const isSet = (name: KeyName) => stated[name] !== "" || files[name] !== "";
  if (isSet("admin") && isSet("adminToken"))
    faults.push("ANTHROPIC_ADMIN_KEY and ANTHROPIC_ADMIN_TOKEN are both set; unset one of them.");
  const usable = (name: "analytics" | "admin") =>
    keyFaults({ analytics: "", admin: "", [name]: keys[name] }, subjects).length === 0 ? keys[name] : "";
  return { ...keys, analytics: usable("analytics"), admin: usable("admin") };
}

function reread(sources: KeySources): Credentials {
  const faults: string[] = [];
  const keys = keysIn(sources, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return credentials(keys);
}

/** Files with the keys of a tenant, which can be replaced while the gateway runs. */
export interface KeyFiles {
  /** Paths; empty for a key without a file. */
  readonly files: readonly string[];
  /** Reads the keys again; throws ConfigError where they cannot be used. */
  readonly reread: () => Credentials;
}

export interface UpstreamSettingsOptions {
  readonly usesIssuer: boolean;
  /** The sandbox stands in for the APIs. */
  readonly isSandbox: boolean;
}

/** Reads the settings of the upstream APIs. */
export function upstreamConfig(reader: SettingsReader, { usesIssuer, isSandbox }: UpstreamSettingsOptions) {
  const texts = (i: 0 | 1): KeyTexts => ({
    analytics: reader.text(KEY_SETTINGS.analytics[i]),
    admin: reader.text(KEY_SETTINGS.admin[i]),
    adminToken: reader.text(KEY_SETTINGS.adminToken[i]),
  });
  const keySources = { stated: texts(0), files: texts(1) };
  if (isSandbox && reader.isStated(UPSTREAM.baseUrl))
    reader.faults.push(
      "ANTHROPIC_BASE_URL is set without a key; set ANTHROPIC_ANALYTICS_KEY or ANTHROPIC_ADMIN_KEY too.",
    );
  const keys = keysIn(keySources, reader.faults);
  return Object.freeze({
    baseUrl: reader.read(UPSTREAM.baseUrl),
    /** The keys where no file names organizations, and their files. */
    credentials: credentials(keys),
    keys: {
      files: Object.values(keySources.files),
      reread: () => reread(keySources),
    } satisfies KeyFiles,
    // The sandbox runs in this process: a proxy of the environment is not for it.
    proxies: isSandbox && !usesIssuer ? NO_PROXIES : proxies(reader),
    timeoutMs: reader.read(UPSTREAM.timeoutMs),
    requestsPerMinute: {
      analytics: reader.read(UPSTREAM.analyticsPerMinute),
      lookups: reader.read(UPSTREAM.lookupsPerMinute),
      spendLimits: reader.read(UPSTREAM.spendLimitsPerMinute),
    },
  });
}

function credentials({ analytics, admin, adminToken }: KeyTexts): Credentials {
  const token = adminToken === "" ? null : new Credential(adminToken, "bearer");
  return {
    analytics: analytics === "" ? null : new Credential(analytics),
    admin: admin === "" ? token : new Credential(admin),
  };
}

function proxies(reader: SettingsReader): Proxies {
  return {
    https: reader.read(UPSTREAM.httpsProxy),
    http: reader.read(UPSTREAM.httpProxy),
    direct: directHosts(reader.read(UPSTREAM.noProxy) ?? ""),
  };
}
