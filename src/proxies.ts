import { Agent, type Dispatcher, ProxyAgent } from "undici";

/** The proxies between the gateway and other hosts, by the protocol of what is asked; URLs can hold a password. */
export interface Proxies {
  readonly https: URL | null;
  readonly http: URL | null;
  /** Hosts that are asked directly. */
  readonly direct: readonly DirectHost[];
}

interface DirectHost {
  /** A name that stands for its subdomains as well, an address, or `*`. */
  readonly host: string;
  /** Null: any. */
  readonly port: string | null;
}

export const NO_PROXIES: Proxies = { https: null, http: null, direct: [] };

/** Reads the URL of a proxy, with or without a scheme; null where it cannot be used. */
export function proxyUrl(text: string): URL | null {
  const url = URL.parse(/^[a-z][\w+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  const isPlain = url.pathname === "/" && url.search === "" && url.hash === "";
  return isPlain && [url.username, url.password].every(isEncoded) ? url : null;
}

function isEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== null;
  } catch {
    return false;
  }
}

/** Reads a list such as `localhost, .corp.example, 10.1.2.3, registry.example:8443`. */
export function directHosts(text: string): DirectHost[] {
  return text
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [, host = entry, port = null] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
      return { host: host.toLowerCase().replace(/^\*?\.|^\[|\]$/g, ""), port };
    });
}

/** The proxy for a URL; null where its host is asked directly, as this machine always is. */
export function proxyFor(url: URL, { https, http, direct }: Proxies): URL | null {
  const isSecure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$|\.$/g, "");
  const port = url.port || (isSecure ? "443" : "80");
  const isDirect = direct.some(
    (each) =>
      (each.port === null || each.port === port) &&
      (each.host === "*" || each.host === host || host.endsWith(`.${each.host}`)),
  );
  return isDirect || isLoopback(host) ? null : isSecure ? https : http;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

/** Tests whether a host name or address is this machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Connections to the host of a URL, through its proxy where there is one. */
export function dispatcherTo(url: URL, proxies: Proxies): Dispatcher {
  const proxy = proxyFor(url, proxies);
  return proxy === null ? new Agent() : new ProxyAgent(proxy.href);
}
