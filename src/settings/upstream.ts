import { keyFaults, tokenFaults } from "../keys.ts";
import { directHosts, NO_PROXIES, type Proxies, proxyUrl } from "../proxies.ts";
import { Credential, type Credentials } from "../upstream/access/credential.ts";
import { seconds, text, wholeNumber } from "./formats.ts";
import { optional, type SettingFormat, type SettingsReader, setting } from "./setting.ts";

/** Where clouds hand out credentials of machines, in each way that a parsed URL writes it. */
const LINK_LOCAL = /^(169\.254\.|\[::ffff:a9fe:|\[fe[89ab])/;

const BASE_URL: SettingFormat<URL> = {
  parse(value) {
    const url = URL.parse(value);
    const plain =
      url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
    return plain && url.search === "" && url.hash === "" && !LINK_LOCAL.test(url.hostname) ? url : null;
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

/** Reads the settings of the upstream APIs. Without keys the sandbox stands in for them. */
export function upstreamConfig(reader: SettingsReader, { usesIssuer }: { readonly usesIssuer: boolean }) {
  const { analyticsKey, adminKey, adminToken } = reader.readAll({
    analyticsKey: UPSTREAM.analyticsKey,
    adminKey: UPSTREAM.adminKey,
    adminToken: UPSTREAM.adminToken,
  });
  const isSandbox = analyticsKey === null && adminKey === null && adminToken === null;
  if (isSandbox && reader.text(UPSTREAM.baseUrl) !== "")
    reader.faults.push(
      "ANTHROPIC_BASE_URL is set without a key; set ANTHROPIC_ANALYTICS_KEY or ANTHROPIC_ADMIN_KEY too.",
    );
  reader.faults.push(...keyFaults({ analytics: analyticsKey ?? "", admin: adminKey ?? "" }));
  reader.faults.push(...tokenFaults(UPSTREAM.adminToken.name, adminToken ?? ""));
  if (adminKey !== null && adminToken !== null)
    reader.faults.push("ANTHROPIC_ADMIN_KEY and ANTHROPIC_ADMIN_TOKEN are both set; unset one of them.");
  return Object.freeze({
    baseUrl: reader.read(UPSTREAM.baseUrl),
    // The sandbox runs in this process: a proxy of the environment is not for it.
    proxies: isSandbox && !usesIssuer ? NO_PROXIES : proxies(reader),
    credentials: isSandbox ? SANDBOX_CREDENTIALS : credentials(analyticsKey, adminKey, adminToken),
    timeoutMs: reader.read(UPSTREAM.timeoutMs),
    requestsPerMinute: {
      analytics: reader.read(UPSTREAM.analyticsPerMinute),
      lookups: reader.read(UPSTREAM.lookupsPerMinute),
      spendLimits: reader.read(UPSTREAM.spendLimitsPerMinute),
    },
  });
}

const SANDBOX_CREDENTIALS = credentials("sk-ant-api01-sandbox", "sk-ant-admin01-sandbox");

function credentials(
  analytics: string | null,
  adminKey: string | null,
  adminToken: string | null = null,
): Credentials {
  const token = adminToken === null ? null : new Credential(adminToken, "bearer");
  return {
    analytics: analytics === null ? null : new Credential(analytics),
    admin: adminKey === null ? token : new Credential(adminKey),
  };
}

function proxies(reader: SettingsReader): Proxies {
  return {
    https: reader.read(UPSTREAM.httpsProxy),
    http: reader.read(UPSTREAM.httpProxy),
    direct: directHosts(reader.read(UPSTREAM.noProxy) ?? ""),
  };
}
