import { kindPattern } from "@drover/core/model/ids";
import { packetIdPattern } from "@drover/core/model/packet";
import { readFile } from "node:fs/promises";
import type { IClientOptions } from "mqtt";
import { z } from "zod";
import { Mapping, Mappings, createMappingFormat } from "./mapping.ts";
import { createDroverFormat } from "./mqtt-drover.ts";
import type { MqttFormat } from "./mqtt-format.ts";
import { createOwnTracksFormat } from "./owntracks.ts";
import { createSparkplugFormat } from "./sparkplug.ts";
import { SourceError } from "./source.ts";
import type { SourceSecrets } from "./source.ts";

const path = z.string().min(1).max(4_096);

export const MqttOptions = z
  .strictObject({
    url: z
      .url({ protocol: /^(mqtts?|wss?)$/, hostname: /.*/ })
      .refine((url) => URL.parse(url)?.password === "" && URL.parse(url)?.username === "", {
        error: "credentials come by environment (DROVER_MQTT_USER, DROVER_MQTT_PASSWORD)",
      }),
    /** Conventions to listen for; `drover` when nothing is said and there is no mapping. */
    formats: z
      .array(z.enum(["drover", "owntracks", "sparkplug"]))
      .max(3)
      .optional(),
    /** A file of one mapping or several, or (in a config file) the mappings themselves. */
    mapping: z.union([path, z.array(Mapping).min(1).max(64)]).optional(),
    /** Only this org of Drover packets, or this group of Sparkplug. */
    org: z.string().regex(packetIdPattern).optional(),
    group: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[^+#/]+$/)
      .optional(),
    /** Kind of asset for OwnTracks (`phone`) and Sparkplug (`station`). */
    kind: z.string().regex(kindPattern).optional(),
    /** The same after every restart; drawn once and kept in the state folder when absent. */
    clientId: z.string().min(1).max(64).optional(),
    keepaliveS: z.int().min(5).max(3_600).default(30),
    /** Larger messages are refused and counted. */
    payloadBytesMax: z.int().min(64).max(16_777_216).default(262_144),
    /** Unacknowledged messages and bytes held; at the bound the socket is not read (block). */
    messagesMax: z.int().min(1).max(65_535).default(1_024),
    bytesMax: z.int().min(1_024).max(268_435_456).default(4_194_304),
    /** PEM files. */
    ca: path.optional(),
    cert: path.optional(),
    key: path.optional(),
  })
  .refine((options) => (options.cert === undefined) === (options.key === undefined), {
    error: "cert and key come together",
    path: ["key"],
  });
export type MqttOptions = z.infer<typeof MqttOptions>;

const CONNECT_TIMEOUT_MS = 10_000;

/** @throws SourceError when a mapping file cannot be read or is no mapping. */
export async function createFormats(
  options: MqttOptions,
  source: string,
): Promise<readonly MqttFormat[]> {
  const { mapping, org, group, kind } = options;
  const mappings = typeof mapping === "string" ? await readMappings(mapping) : (mapping ?? []);
  const names: NonNullable<MqttOptions["formats"]> =
    options.formats ?? (mapping === undefined ? ["drover"] : []);
  const named = names.map((name): MqttFormat => {
    switch (name) {
      case "drover":
        return createDroverFormat({ org, source });
      case "owntracks":
        return createOwnTracksFormat({ kind: kind ?? "phone", source });
      case "sparkplug":
        return createSparkplugFormat({ group, kind: kind ?? "station", source });
    }
  });
  return [...named, ...mappings.map((one) => createMappingFormat(one, source))];
}

async function readMappings(file: string): Promise<readonly Mapping[]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new SourceError(`mapping ${file}: cannot be read as JSON`, { cause: error });
  }
  const parsed = Mappings.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new SourceError(`mapping ${file}: ${issues.join("; ")}`);
}

/** @throws SourceError when a PEM file cannot be read. */
export async function clientOptionsOf(
  options: MqttOptions,
  defaultClientId: string,
  secrets: SourceSecrets | undefined,
): Promise<IClientOptions> {
  const [ca, cert, key] = await Promise.all([options.ca, options.cert, options.key].map(readPem));
  return {
    clientId: options.clientId ?? defaultClientId,
    clean: false,
    keepalive: options.keepaliveS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    queueQoSZero: false,
    rejectUnauthorized: true,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(secrets?.mqttUsername !== undefined && { username: secrets.mqttUsername }),
    ...(secrets?.mqttPassword !== undefined && { password: secrets.mqttPassword }),
  };
}

async function readPem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    throw new SourceError(`${file}: cannot be read`, { cause: error });
  }
}
