import { httpUrl, oneOf, text } from "./formats.ts";
import { optional, type SettingFormat, type SettingsReader, setting } from "./setting.ts";

const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/** Where traces go, and which. */
export interface TracingConfig {
  readonly url: URL;
  /** Of each export. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly sampler: (typeof SAMPLERS)[number];
  /** The part of traces that samplers by ratio take. */
  readonly samplerRatio: number;
}

const RECEIVER: SettingFormat<URL> = {
  parse: httpUrl,
  expected: "an http or https URL without credentials, such as http://127.0.0.1:4318",
  values: "http or https URL",
};

/** Pairs as in W3C Baggage, which OpenTelemetry writes its lists in. */
const PAIRS: SettingFormat<Readonly<Record<string, string>>> = {
  parse(value) {
    const pairs: [string, string][] = [];
    for (const pair of value.split(",")) {
      const [, name, encoded = ""] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      const text = decoded(encoded);
      if (name === undefined || text === null) return null;
      pairs.push([name, text]);
    }
    return Object.fromEntries(pairs);
  },
  expected: "a list of name=value, separated by commas, with values percent-encoded",
  values: "comma-separated `name=value`",
};

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

const RATIO: SettingFormat<number> = {
  parse: (value) => (/^(0|1|0?\.\d{1,9}|[01]\.0*)$/.test(value) ? Number(value) : null),
  expected: "a number from 0 to 1, such as 0.01",
  values: "0 to 1",
};

export const TRACING = {
  endpoint: optional({
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    whenUnset: "no traces",
    format: RECEIVER,
    meaning: "Receiver of traces by OTLP over HTTP in JSON; `/v1/traces` is appended.",
    example: "http://127.0.0.1:4318",
  }),
  tracesEndpoint: optional({
    name: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    format: RECEIVER,
    meaning: "The same for traces alone, as a whole URL.",
    example: "http://127.0.0.1:4318/v1/traces",
  }),
  protocol: setting({
    name: "OTEL_EXPORTER_OTLP_PROTOCOL",
    default: "http/json",
    format: oneOf(["http/json"], "http/json, the only protocol that the gateway sends traces by"),
    meaning: "Protocol of the receiver.",
  }),
  headers: optional({
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    format: PAIRS,
    meaning: "Headers of each request to the receiver, such as a token.",
    secret: true,
  }),
  serviceName: setting({
    name: "OTEL_SERVICE_NAME",
    default: "claude-analytics-gateway",
    format: text("name"),
    meaning: "Name of the gateway in traces.",
  }),
  resourceAttributes: optional({
    name: "OTEL_RESOURCE_ATTRIBUTES",
    format: PAIRS,
    meaning: "Further attributes of the gateway in traces.",
    example: "deployment.environment.name=production",
  }),
  sampler: setting({
    name: "OTEL_TRACES_SAMPLER",
    default: "parentbased_always_on",
    format: oneOf(SAMPLERS, `one of ${SAMPLERS.join(", ")}`),
    meaning:
      "Which requests are traced. Those that begin with `parentbased_` follow the client's `traceparent`, where it sends one.",
  }),
  samplerRatio: setting({
    name: "OTEL_TRACES_SAMPLER_ARG",
    default: "1",
    format: RATIO,
    meaning: "Part of the requests that samplers with `traceidratio` trace.",
  }),
};

/** Reads where traces go; null: nothing is traced, whatever else is set for other programs. */
export function tracingConfig(reader: SettingsReader): TracingConfig | null {
  const isOn = [TRACING.endpoint, TRACING.tracesEndpoint].some((each) => reader.isStated(each));
  if (!isOn) return null;
  const {
    endpoint,
    tracesEndpoint,
    headers,
    resourceAttributes,
    protocol: _,
    ...values
  } = reader.readAll(TRACING);
  const url =
    tracesEndpoint ?? (endpoint && new URL(`${endpoint.pathname.replace(/\/$/, "")}/v1/traces`, endpoint));
  if (url === null) return null; // a fault already
  return Object.freeze({
    url,
    headers: headers ?? {},
    resourceAttributes: resourceAttributes ?? {},
    ...values,
  });
}
