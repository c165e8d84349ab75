import { httpUrl, text } from "./formats.ts";
import { optional, type SettingFormat, type SettingsReader } from "./setting.ts";

const ENDPOINT: SettingFormat<URL> = {
  parse: httpUrl,
  expected: "an http or https URL without credentials, such as http://127.0.0.1:9000",
  values: "http or https URL",
};

/** Variables of the AWS tools, which other programs may read too: of what is not needed, only the form is checked. */
export const OBJECT_STORE = {
  accessKeyId: optional({
    name: "AWS_ACCESS_KEY_ID",
    format: text("text"),
    meaning: "Access key with which the command `export` writes to `s3://BUCKET/KEY`. Nothing else uses it.",
    secret: true,
  }),
  secretAccessKey: optional({
    name: "AWS_SECRET_ACCESS_KEY",
    format: text("text"),
    meaning: "Secret of the access key.",
    secret: true,
  }),
  sessionToken: optional({
    name: "AWS_SESSION_TOKEN",
    format: text("text"),
    meaning: "Session token of a temporary access key.",
    secret: true,
  }),
  region: optional({
    name: "AWS_REGION",
    whenUnset: "`AWS_DEFAULT_REGION`, else `us-east-1`",
    format: text("region"),
    meaning: "Region of the bucket.",
    example: "eu-central-1",
  }),
  defaultRegion: optional({
    name: "AWS_DEFAULT_REGION",
    format: text("region"),
    meaning: "The same, where `AWS_REGION` is not set.",
  }),
  s3Endpoint: optional({
    name: "AWS_ENDPOINT_URL_S3",
    whenUnset: "`AWS_ENDPOINT_URL`, else AWS",
    format: ENDPOINT,
    meaning:
      "URL of another service that is compatible with S3. Buckets are then the first segment of the path.",
    example: "https://minio.example.com",
  }),
  endpoint: optional({
    name: "AWS_ENDPOINT_URL",
    format: ENDPOINT,
    meaning: "The same, where `AWS_ENDPOINT_URL_S3` is not set.",
  }),
};

/** A service that stores objects, and the key that may write them. */
export interface ObjectStoreConfig {
  /** Null: not stated, so that nothing can be written. */
  readonly accessKey: AccessKey | null;
  readonly region: string;
  /** Null: AWS. */
  readonly endpoint: URL | null;
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** Reads where exports can be written to beside files. */
export function objectStoreConfig(reader: SettingsReader): ObjectStoreConfig {
  const { accessKeyId, secretAccessKey, sessionToken, ...values } = reader.readAll(OBJECT_STORE);
  return Object.freeze({
    accessKey:
      accessKeyId === null || secretAccessKey === null
        ? null
        : { accessKeyId, secretAccessKey, sessionToken },
    region: values.region ?? values.defaultRegion ?? "us-east-1",
    endpoint: values.s3Endpoint ?? values.endpoint,
  });
}
