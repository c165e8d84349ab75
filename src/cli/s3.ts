import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { type Dispatcher, request } from "undici";
import { dispatcherTo, type Proxies } from "../proxies.ts";
import type { AccessKey, ObjectStoreConfig } from "../settings/object-store.ts";
import { TargetError } from "./export-target.ts";

/** Place of an object. */
interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

/** Rules of S3 for names of buckets, each with the fault of a name that breaks it. */
const BUCKET_RULES: readonly (readonly [rule: RegExp, fault: string])[] = [
  [/^[^A-Z]*$/, "has capital letters"],
  [/^[a-z\d.-]*$/i, "has characters other than letters, digits, `.` and `-`"],
  [/^.{3,63}$/s, "does not have 3 to 63 characters"],
  [/^[a-z\d](.*[a-z\d])?$/is, "does not begin and end with a letter or digit"],
  [/^(?!.*\.\.)/s, "has two dots in a row"],
  [/^(?!\d+(\.\d+){3}$)/, "has the form of an IP address"],
];

/** Segments of keys that are the same in every encoding, so that no key is signed as one and sent as another. */
const SEGMENT = /^(?!\.{1,2}$)[\w.=-]+$/;

/** Keys have at most 1,024 bytes, with that of the manifest. */
const MAX_KEY_LENGTH = 1_000;

/** Reads `s3://BUCKET/KEY`. Throws TargetError that names every fault, and the nearest place that can be written to. */
export function parseS3Url(text: string): S3Address {
  const [, bucket = "", key = ""] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(text) ?? [];
  // Not repeated: it can be a password.
  if (/[@:]/.test(bucket))
    throw new TargetError(
      "the URL has credentials or a port; state them as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL_S3, and write `s3://BUCKET/KEY`",
      { isUnusable: true },
    );
  const faults = [bucketFault(bucket), keyFault(key)].filter((fault) => fault !== null);
  if (faults.length === 0) return { bucket, key };
  throw new TargetError(
    `${faults.join(", and ")}; write \`s3://${nearestBucket(bucket)}/${nearestKey(key)}\``,
    { isUnusable: true },
  );
}

function bucketFault(bucket: string): string | null {
  if (bucket === "") return "the name of the bucket is missing";
  const faults = BUCKET_RULES.filter(([rule]) => !rule.test(bucket)).map(([, fault]) => fault);
  return faults.length === 0 ? null : `the bucket name \`${bucket}\` ${faults.join(", ")}`;
}

function nearestBucket(bucket: string): string {
  const nearest = bucket
    .toLowerCase()
    .replace(/[^a-z\d.-]+/g, "-")
    .replace(/\.{2,}/g, ".")
    .slice(0, 63)
    .replace(/^[.-]+|[.-]+$/g, "");
  return bucketFault(nearest) === null ? nearest : "BUCKET";
}

function keyFault(key: string): string | null {
  if (key === "") return "the key after the bucket is missing";
  if (key.length > MAX_KEY_LENGTH)
    return `the key has ${key.length} characters, and can have ${MAX_KEY_LENGTH}`;
  const bad = key.split("/").find((segment) => !SEGMENT.test(segment));
  if (bad === undefined) return null;
  if (bad === "") return "the key begins or ends with a slash, or has two in a row";
  return `the part \`${bad}\` of the key is not of letters, digits and \`_ . = -\` alone, or is \`.\` or \`..\``;
}

function nearestKey(key: string): string {
  const nearest = key
    .split("/")
    .map((segment) => segment.replace(/[^\w.=-]+/g, "-"))
    .filter((segment) => SEGMENT.test(segment))
    .join("/");
  return keyFault(nearest) === null ? nearest : "KEY";
}

interface S3Request {
  readonly method: "POST" | "PUT" | "DELETE";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

interface S3Response {
  readonly etag: string | null;
  readonly text: string;
}

/** A bucket that objects are written to, by requests that each retry what may pass. */
export class S3Bucket {
  readonly #base: URL;
  readonly #accessKey: AccessKey;
  readonly #region: string;
  readonly #dispatcher: Dispatcher;
  readonly #retries = retry(
    handleWhen((fault) => fault instanceof TargetError && !fault.isUnusable),
    { maxAttempts: 3, backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 5_000 }) },
  );

  constructor(
    bucket: string,
    { region, endpoint }: ObjectStoreConfig,
    accessKey: AccessKey,
    proxies: Proxies,
  ) {
    this.#base = baseOf(bucket, region, endpoint);
    this.#accessKey = accessKey;
    this.#region = region;
    this.#dispatcher = dispatcherTo(this.#base, proxies);
  }

  /** Sends a request, again if it may pass. Throws TargetError. */
  send(sent: S3Request): Promise<S3Response> {
    return this.#retries.execute(() => this.#attempt(sent), sent.signal);
  }

  async close(): Promise<void> {
    await this.#dispatcher.close();
  }

  async #attempt({ method, key, query = {}, body, signal }: S3Request): Promise<S3Response> {
    const url = new URL(this.#base);
    url.pathname += key;
    url.search = new URLSearchParams(query).toString();
    const { sessionToken, ...accessKey } = this.#accessKey;
    const { headers } = await new AwsV4Signer({
      method,
      url: url.href,
      headers: {
        "x-amz-content-sha256": createHash("sha256")
          .update(body ?? "")
          .digest("hex"),
      },
      service: "s3",
      region: this.#region,
      ...accessKey,
      ...(sessionToken !== null && { sessionToken }),
    }).sign();
    const options = { method, headers: Object.fromEntries(headers), dispatcher: this.#dispatcher };
    const response = await request(url, {
      ...options,
      body: body ?? null,
      ...(signal !== undefined && { signal }),
    }).catch((fault: unknown) => {
      signal?.throwIfAborted();
      throw unreachable(url, fault);
    });
    const text = await response.body.text().catch((fault: unknown) => {
      throw unreachable(url, fault);
    });
    const { statusCode: status } = response;
    // An upload that cannot be completed is an error in an answer with 200.
    if (status !== 200 && status !== 204) throw refused(status, text);
    if (/<Error>/.test(text)) throw refused(500, text);
    const { etag } = response.headers;
    return { etag: typeof etag === "string" ? etag : null, text };
  }
}

/** A bucket with a dot in its name has no certificate as a host of AWS. */
function baseOf(bucket: string, region: string, endpoint: URL | null): URL {
  if (endpoint !== null) return new URL(`${endpoint.pathname.replace(/\/$/, "")}/${bucket}/`, endpoint);
  const host = `s3.${region}.amazonaws.com`;
  return new URL(bucket.includes(".") ? `https://${host}/${bucket}/` : `https://${bucket}.${host}/`);
}

function unreachable({ host }: URL, fault: unknown): TargetError {
  const code = fault instanceof Error && "code" in fault ? `${fault.code}` : "no answer";
  return new TargetError(`${host} cannot be reached: ${code}`, { isUnusable: false, cause: fault });
}

const HINTS: Readonly<Record<string, string>> = {
  AccessDenied: "the access key may not write there; it needs s3:PutObject and s3:AbortMultipartUpload",
  AuthorizationHeaderMalformed: "set AWS_REGION to the region of the bucket",
  ExpiredToken: "the temporary access key has expired",
  InvalidAccessKeyId: "AWS_ACCESS_KEY_ID is not a key of this service",
  NoSuchBucket: "there is no bucket of that name",
  PermanentRedirect: "set AWS_REGION to the region of the bucket",
  RequestTimeTooSkewed: "the clock of this machine is wrong",
  SignatureDoesNotMatch: "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID",
};

const PASSING = [408, 429];

/** Of the answer only the code is repeated: its texts can hold what was signed. */
function refused(status: number, text: string): TargetError {
  const [, code = "without a code"] = /<Code>(\w{1,60})<\/Code>/.exec(text) ?? [];
  const hint = Object.hasOwn(HINTS, code) ? `; ${HINTS[code]}` : "";
  const isUnusable = status < 500 && !PASSING.includes(status);
  return new TargetError(`the service answered ${status} ${code}${hint}`, { isUnusable });
}
