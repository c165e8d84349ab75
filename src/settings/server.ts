import { isLoopback } from "../proxies.ts";
import type { AuthConfig } from "./auth.ts";
import { listOf, seconds, text, wholeNumber } from "./formats.ts";
import { optional, type SettingFormat, type SettingsReader, setting } from "./setting.ts";

/** `*`: any. */
export type AllowedHosts = "*" | readonly string[];

const HOST_NAMES = listOf(
  (host) => /^[a-z\d]([a-z\d.-]*[a-z\d])?$/.test(host),
  (host) => host.toLowerCase(),
  {
    expected: "a list of host names without scheme or port, such as gateway.example.com, or *",
    values: "comma-separated host names, or `*` for any",
  },
);

const ALLOWED_HOSTS: SettingFormat<AllowedHosts> = {
  ...HOST_NAMES,
  parse: (value) => (value === "*" ? value : HOST_NAMES.parse(value)),
};

export const SERVER = {
  host: setting({
    name: "HOST",
    default: "127.0.0.1",
    format: text("address"),
    meaning: "Address to listen on. With keys and `AUTH=none` it must be a loopback address.",
  }),
  port: setting({
    name: "PORT",
    default: "4000",
    format: wholeNumber(0, 65_535),
    meaning: "Port to listen on. 0 takes any free port.",
  }),
  drainDelayMs: setting({
    name: "DRAIN_DELAY",
    default: "0",
    format: seconds(0, 300),
    meaning:
      "Time the gateway keeps answering after a signal to stop, while `/readyz` returns 503. Set it to the time your load balancer needs to notice.",
  }),
  workers: setting({
    name: "WORKERS",
    default: "1",
    format: wholeNumber(1, 64, "processes"),
    meaning:
      "Processes that answer on the port. They share the minute of upstream requests, the limits of callers and the store, and divide the settings of memory and `MAX_CONCURRENT` among them.",
  }),
  allowedHosts: optional({
    name: "ALLOWED_HOSTS",
    whenUnset: "any; with keys and `AUTH=none` only `localhost`",
    format: ALLOWED_HOSTS,
    meaning: "Host names that requests may use. Other host names get 421. IP addresses are always allowed.",
    example: "gateway.example.com",
  }),
  allowedOrigins: optional({
    name: "ALLOWED_ORIGINS",
    whenUnset: "only the gateway's own origin",
    format: listOf(
      // Just as a browser sends it, so that it can be compared as it is.
      (origin) => /^https?:/.test(origin) && URL.parse(origin)?.origin === origin,
      (origin) => origin,
      {
        expected:
          "a list of origins such as https://dashboard.example.com, each without a path and none of them `*` or `null`",
        values: "comma-separated origins",
      },
    ),
    meaning: "Origins of pages that may call the gateway from a browser (CORS).",
    example: "https://dashboard.example.com,http://localhost:5173",
  }),
  allowedHeaders: optional({
    name: "ALLOWED_HEADERS",
    format: listOf(
      // Names of headers: RFC 9110, section 5.1. Browsers send them in lower case in a preflight.
      (header) => /^[!#$%&'*+.^_`|~\w-]+$/.test(header),
      (header) => header.toLowerCase(),
      {
        expected: "a list of names of request headers such as x-session-id, x-tenant, or * for any",
        values: "comma-separated header names, or `*` for any",
      },
    ),
    meaning:
      "Request headers that those pages may send in addition to the headers of GraphQL clients and tracing.",
    example: "x-session-id,x-tenant",
  }),
};

/** Reads the settings of the listener and of the browsers and names it accepts. */
export function serverConfig(
  reader: SettingsReader,
  {
    auth,
    isSandbox,
    publicUrl,
  }: { readonly auth: AuthConfig; readonly isSandbox: boolean; readonly publicUrl: URL | null },
) {
  const { allowedHosts, allowedOrigins, allowedHeaders, ...listening } = reader.readAll(SERVER);
  const isOpen = !isSandbox && auth.kind === "none";
  if (isOpen && !isLoopback(listening.host))
    reader.faults.push(
      "HOST is an address others can reach, and callers do not authenticate; with keys set it must be loopback, such as 127.0.0.1, or AUTH must be tokens or jwt.",
    );
  return Object.freeze({
    ...listening,
    /** Null: the host that a request names. */
    publicUrl,
    allowedHosts: allowedHosts ?? (isOpen ? ["localhost"] : ("*" as const)),
    allowedOrigins: allowedOrigins ?? [],
    allowedHeaders: [...(allowedHeaders ?? []), ...(auth.kind === "jwt" ? [auth.header] : [])],
  });
}

export type ServerConfig = ReturnType<typeof serverConfig>;
