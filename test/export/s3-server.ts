import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * A bucket as S3 keeps it: signatures (Signature Version 4) and checksums are verified from what came over the wire, parts but the last
 * have 5 MiB, and an object is there once its upload is completed. It shares no code with the gateway or its client.
 */

export const BUCKET = "exports";
const MIN_PART_BYTES = 5 * 2 ** 20;
const MAX_SKEW_MS = 15 * 60_000;

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
}

/** A request as it came, without its body. */
export interface S3Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** An answer in place of the right one: a status with a code, or a connection that is closed. */
export type S3Fault = { readonly status: number; readonly code: string } | "reset";

export class S3Server {
  readonly objects = new Map<string, Buffer>();
  readonly uploads = new Map<string, { readonly key: string; readonly parts: Map<number, Buffer> }>();
  readonly calls: S3Call[] = [];
  /** Signatures and checksums that were wrong. */
  readonly wrong: string[] = [];
  /** Largest body of a request. */
  largest = 0;
  fault: (call: S3Call) => S3Fault | null = () => null;
  readonly #keys: S3Keys;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #ids = 0;

  constructor(keys: S3Keys) {
    this.#keys = keys;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    this.largest = Math.max(this.largest, body.length);
    const { pathname: path, searchParams: query } = new URL(request.url ?? "", "http://s3.test");
    const call = { method: request.method ?? "", path, query };
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault === "reset") {
      request.socket.destroy();
      return;
    }
    const refusal = fault ?? this.#refusal(request, body) ?? this.#perform(call, body, response);
    if (refusal === null) return;
    const secret = request.headers.authorization ?? "";
    response.writeHead(refusal.status, { "content-type": "application/xml" });
    // As S3 does, the answer repeats what was signed.
    response.end(
      `<Error><Code>${refusal.code}</Code><Message>${secret} ${this.#keys.accessKeyId}</Message></Error>`,
    );
  }

  #refusal(request: IncomingMessage, body: Buffer): Exclude<S3Fault, "reset"> | null {
    const reason = this.#reasonOf(request, body);
    if (reason === null) return null;
    this.wrong.push(reason);
    return { status: 403, code: reason };
  }

  #reasonOf({ method = "", url = "", headers }: IncomingMessage, body: Buffer): string | null {
    const hash = headers["x-amz-content-sha256"];
    if (hash !== sha256(body)) return "XAmzContentSHA256Mismatch";
    const [, id, date = "", region, signed = "", signature] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([\w-]+)\/s3\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
        headers.authorization ?? "",
      ) ?? [];
    if (id !== this.#keys.accessKeyId) return "InvalidAccessKeyId";
    if (region !== this.#keys.region) return "AuthorizationHeaderMalformed";
    const at = String(headers["x-amz-date"]);
    const instant = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    if (!(Math.abs(Date.now() - instant) < MAX_SKEW_MS) || !at.startsWith(date))
      return "RequestTimeTooSkewed";
    if (headers["x-amz-security-token"] !== this.#keys.sessionToken) return "InvalidToken";
    const names = signed.split(";");
    const needed = Object.keys(headers).filter((name) => name.startsWith("x-amz-"));
    if (!["host", ...needed].every((name) => names.includes(name))) return "SignatureDoesNotMatch";
    const [path = "", query = ""] = url.split("?");
    const pairs = query.split("&").filter(Boolean);
    const canonical = [
      method,
      canonicalPath(path),
      pairs
        .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
        .sort()
        .join("&"),
      ...names.map((name) => `${name}:${headers[name]}`),
      "",
      signed,
      hash,
    ].join("\n");
    const scope = `${date}/${region}/s3/aws4_request`;
    const text = ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n");
    const key = [date, region, "s3", "aws4_request"].reduce<string | Buffer>(
      (secret, part) => hmac(secret, part),
      `AWS4${this.#keys.secretAccessKey}`,
    );
    return hmac(key, text).toString("hex") === signature ? null : "SignatureDoesNotMatch";
  }

  #perform(
    { method, path, query }: S3Call,
    body: Buffer,
    response: ServerResponse,
  ): (S3Fault & object) | null {
    const [, bucket, key = ""] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (bucket !== BUCKET) return { status: 404, code: "NoSuchBucket" };
    if (method === "POST" && query.has("uploads")) {
      const id = `upload-${++this.#ids}`;
      this.uploads.set(id, { key, parts: new Map() });
      response.end(
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
      return null;
    }
    const id = query.get("uploadId");
    if (id === null) {
      if (method !== "PUT") return { status: 405, code: "MethodNotAllowed" };
      this.objects.set(key, body);
      response.setHeader("etag", `"${md5(body)}"`).end();
      return null;
    }
    const upload = this.uploads.get(id);
    if (upload?.key !== key) return { status: 404, code: "NoSuchUpload" };
    if (method === "PUT") {
      upload.parts.set(Number(query.get("partNumber")), body);
      response.setHeader("etag", `"${md5(body)}"`).end();
      return null;
    }
    this.uploads.delete(id);
    if (method === "DELETE") {
      response.writeHead(204).end();
      return null;
    }
    const listed = [
      ...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>&quot;(\w+)&quot;<\/ETag>/g),
    ];
    const parts = listed.map(([, number, etag]) => {
      const part = upload.parts.get(Number(number));
      return part !== undefined && md5(part) === etag ? part : null;
    });
    if (parts.length !== upload.parts.size || parts.includes(null))
      return { status: 400, code: "InvalidPart" };
    if (parts.slice(0, -1).some((part) => (part?.length ?? 0) < MIN_PART_BYTES))
      return { status: 400, code: "EntityTooSmall" };
    this.objects.set(key, Buffer.concat(parts.filter((part) => part !== null)));
    response.end("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
    return null;
  }
}

/** The path with every byte encoded that is not unreserved (RFC 3986), however it was sent. */
function canonicalPath(path: string): string {
  const encode = (segment: string) =>
    encodeURIComponent(decodeURIComponent(segment)).replace(
      /[!'()*]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  return path.split("/").map(encode).join("/");
}

const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
