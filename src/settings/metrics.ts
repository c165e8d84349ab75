import { isIP } from "node:net";
import { optional, type SettingFormat, type SettingsReader } from "./setting.ts";

/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

const ADDRESS: SettingFormat<MetricsAddress | "off"> = {
  parse(value) {
    if (value === "off") return value;
    const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]:|([^:[\]]+):)?(\d{1,5})$/.exec(value) ?? [];
    const host = bracketed ?? plain ?? "127.0.0.1";
    const port = Number(digits);
    const isHost = bracketed === undefined ? host === "localhost" || isIP(host) === 4 : isIP(host) === 6;
    return digits !== undefined && isHost && port <= 65_535 ? { host, port } : null;
  },
  expected: "off, a port such as 9464, or an address with a port, such as 0.0.0.0:9464",
  values: "`off`, a port of this machine, or an address and a port",
};

export const METRICS = {
  address: optional({
    name: "METRICS",
    whenUnset: "`off`",
    format: ADDRESS,
    meaning:
      "Address that serves metrics for Prometheus on `/metrics`, without authentication. A port alone is one of loopback.",
    example: "0.0.0.0:9464",
  }),
};

/** Reads where metrics are served; null: nowhere. */
export function metricsConfig(
  reader: SettingsReader,
  { port }: { readonly port: number },
): MetricsAddress | null {
  const address = reader.read(METRICS.address);
  if (address === null || address === "off") return null;
  if (address.port === port && port !== 0)
    reader.faults.push("METRICS names the port of PORT; choose another one, such as 9464.");
  return Object.freeze(address);
}
