import { createHash, type Hash } from "node:crypto";
import type { Config } from "../config.ts";
import { type Manifest, type Mark, type Piece, START } from "../server/export/write.ts";
import { type ExportTarget, TargetError } from "./export-target.ts";
import { parseS3Url, S3Bucket } from "./s3.ts";

/** At least 5 MiB, and at most 10,000 parts. */
const PART_BYTES = 8 * 2 ** 20;
const MAX_PARTS = 10_000;

interface WritingOptions {
  readonly begun: number;
  /** Ends uploads; what they left is removed all the same. */
  readonly signal: AbortSignal;
}

interface S3FileOptions extends WritingOptions {
  readonly bucket: S3Bucket;
  readonly key: string;
}

/** Begins an upload to `s3://BUCKET/KEY`. Throws TargetError where it cannot be written to, before anything is read for it. */
export async function openS3File(
  url: string,
  { objectStore, upstream: { proxies } }: Config,
  options: WritingOptions,
): Promise<S3File> {
  const address = parseS3Url(url);
  if (objectStore.accessKey === null)
    throw new TargetError("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", { isUnusable: true });
  const bucket = new S3Bucket(address.bucket, objectStore, objectStore.accessKey, proxies);
  const file = new S3File({ bucket, key: address.key, ...options });
  try {
    await file.begin();
    return file;
  } catch (fault) {
    await file.close();
    throw fault;
  }
}

/** An upload in parts, which becomes an object when it is completed. */
interface Upload {
  readonly id: string;
  readonly etags: string[];
}

/**
 * A file as an object of a bucket, uploaded in parts of which one is in memory. An upload that fails is aborted, so that neither a half
 * object nor hidden parts are left.
 */
export class S3File implements ExportTarget {
  readonly begun: number;
  readonly #options: S3FileOptions;
  #mark: Mark = START;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #upload: Upload | null = null;
  #hash: Hash = createHash("sha256");

  constructor(options: S3FileOptions) {
    this.#options = options;
    this.begun = options.begun;
  }

  get mark(): Mark {
    return this.#mark;
  }

  async begin(): Promise<void> {
    const { bucket, key, signal } = this.#options;
    const { text } = await bucket.send({ method: "POST", key, query: { uploads: "" }, signal });
    const [, id] = /<UploadId>([^<&]+)<\/UploadId>/.exec(text) ?? [];
    if (id === undefined) throw unexpected();
    this.#upload = { id, etags: [] };
  }

  async append({ bytes, mark }: Piece): Promise<void> {
    this.#hash.update(bytes);
    await this.#hold(bytes);
    this.#mark = mark;
  }

  async unsettle(): Promise<void> {
    await this.#abort();
    this.#mark = START;
    this.#held = [];
    this.#heldBytes = 0;
    this.#hash = createHash("sha256");
    await this.begin();
  }

  async finish(
    manifestBy: (sha256: string) => Manifest,
    lastLineOf: (manifest: Manifest) => string,
  ): Promise<Manifest> {
    const manifest = manifestBy(this.#hash.digest("hex"));
    await this.#hold(Buffer.from(lastLineOf(manifest)));
    const { key } = this.#options;
    await this.#complete(Buffer.concat(this.#held));
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    await this.#put(`${key}.manifest.json`, Buffer.from(text));
    return manifest;
  }

  async close(): Promise<void> {
    await this.#abort();
    await this.#options.bucket.close();
  }

  get #begun(): Upload {
    if (this.#upload === null) throw new Error("no upload is begun");
    return this.#upload;
  }

  /** Keeps bytes until they are a part. */
  async #hold(bytes: Uint8Array): Promise<void> {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes < PART_BYTES) return;
    let rest = Buffer.concat(this.#held);
    for (; rest.length >= PART_BYTES; rest = rest.subarray(PART_BYTES))
      await this.#sendPart(rest.subarray(0, PART_BYTES));
    this.#held = [Buffer.from(rest)]; // a copy, without the memory of the parts
    this.#heldBytes = rest.length;
  }

  async #sendPart(body: Uint8Array): Promise<void> {
    const { id, etags } = this.#begun;
    const { bucket, key, signal } = this.#options;
    if (etags.length === MAX_PARTS)
      throw new TargetError(
        `the file has more than ${MAX_PARTS} parts of ${PART_BYTES} bytes; export fewer days`,
        { isUnusable: true },
      );
    const query = { partNumber: `${etags.length + 1}`, uploadId: id };
    const { etag } = await bucket.send({ method: "PUT", key, query, body, signal });
    if (etag === null) throw unexpected();
    etags.push(etag);
  }

  async #complete(rest: Uint8Array): Promise<void> {
    const { id, etags } = this.#begun;
    const { bucket, key, signal } = this.#options;
    if (rest.length > 0) await this.#sendPart(rest);
    if (etags.length === 0) {
      await this.#abort(); // an upload has a part, and an empty file has none
      return this.#put(key, rest);
    }
    const parts = etags.map(
      (etag, i) =>
        `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag.replaceAll('"', "&quot;")}</ETag></Part>`,
    );
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
    await bucket.send({ method: "POST", key, query: { uploadId: id }, body, signal });
    this.#upload = null;
  }

  async #put(key: string, body: Uint8Array): Promise<void> {
    const { bucket, signal } = this.#options;
    await bucket.send({ method: "PUT", key, body, signal });
  }

  /** Removes the parts of an upload. Where that fails they are invisible, and the bucket keeps them as its rules say. */
  async #abort(): Promise<void> {
    if (this.#upload === null) return;
    const { bucket, key } = this.#options;
    const query = { uploadId: this.#upload.id };
    this.#upload = null;
    await bucket.send({ method: "DELETE", key, query }).catch((fault: unknown) => {
      if (!(fault instanceof TargetError)) throw fault;
      process.stderr.write(
        `The parts of an upload that failed could not be removed: ${fault.message}. Abort incomplete uploads by a lifecycle rule of the bucket.\n`,
      );
    });
  }
}

function unexpected(): TargetError {
  return new TargetError("the service answered without an upload id or ETag", { isUnusable: true });
}
