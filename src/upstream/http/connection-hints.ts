/** Explains the code of a failed connection to an operator; null where the code says it all. */
export function hintOf(code: string): string | null {
  return Object.hasOwn(HINTS, code) ? (HINTS[code] ?? null) : null;
}

const UNTRUSTED =
  "Node does not trust the authority of its certificate; NODE_EXTRA_CA_CERTS names a file with further authorities";
const SLOW = "no connection in time; a company network may need HTTPS_PROXY";
const CUT = "the connection was cut";

const HINTS: Readonly<Record<string, string>> = {
  PROXY_407: "the proxy requires a name and password, or other ones; the URL of the proxy can hold them",
  PROXY_403: "the proxy does not allow the gateway to reach this host",
  UND_ERR_PRX_CONN: "the proxy cut the connection",
  UND_ERR_PRX_TLS: "the certificate of the proxy is for another name",
  ENOTFOUND: "no host has this name",
  EAI_AGAIN: "names cannot be looked up now",
  ECONNREFUSED: "no server listens there",
  ECONNRESET: CUT,
  UND_ERR_SOCKET: CUT,
  ENETUNREACH: "no network route leads there",
  EHOSTUNREACH: "no network route leads there",
  ETIMEDOUT: SLOW,
  UND_ERR_CONNECT_TIMEOUT: SLOW,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; the clock of this machine may be wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS at this port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS at this port",
};
