// The signs of movers, one for each kind, pointing north, in a box of 24; and the picture of all of
// them that the shader reads: filled in the upper row, with their outline in the lower.

interface Sign {
  readonly path: string;
  /** Against an aircraft. */
  readonly scale: number;
  /** Turned to its heading. */
  readonly isTurned: boolean;
}

/** In the order of the picture's columns. */
export const signNames = [
  "aircraft",
  "station",
  "vessel",
  "bus",
  "bird",
  "vehicle",
  "other",
] as const;
export type SignName = (typeof signNames)[number];

export const signs: Readonly<Record<SignName, Sign>> = {
  aircraft: {
    path: "M12 1.5C12.9 1.5 13.5 2.9 13.5 4.6V8.8L21.5 13.8V15.8L13.5 13.3V18L16 19.9V21.6L12 20.4L8 21.6V19.9L10.5 18V13.3L2.5 15.8V13.8L10.5 8.8V4.6C10.5 2.9 11.1 1.5 12 1.5Z",
    scale: 1,
    isTurned: true,
  },
  station: {
    path: "M12 4L20 12L12 20L4 12ZM12 9L9 12L12 15L15 12Z",
    scale: 0.72,
    isTurned: false,
  },
  vessel: {
    path: "M12 1.5C15.5 6 17 9.5 17 13.5V21.5H7V13.5C7 9.5 8.5 6 12 1.5ZM10 13H14V17.5H10Z",
    scale: 0.85,
    isTurned: true,
  },
  bus: {
    path: "M8.5 2.5H15.5A2.5 2.5 0 0 1 18 5V19A2.5 2.5 0 0 1 15.5 21.5H8.5A2.5 2.5 0 0 1 6 19V5A2.5 2.5 0 0 1 8.5 2.5ZM8.5 6V9.5H15.5V6Z",
    scale: 0.8,
    isTurned: true,
  },
  bird: {
    path: "M12 8.5C13.5 5 18 4 22.5 7C18.5 7.6 15.8 10 14 14L12 20L10 14C8.2 10 5.5 7.6 1.5 7C6 4 10.5 5 12 8.5Z",
    scale: 0.85,
    isTurned: true,
  },
  vehicle: { path: "M12 2.5L19 20.5L12 16.8L5 20.5Z", scale: 0.8, isTurned: true },
  other: {
    path: "M12 5A7 7 0 1 1 12 19A7 7 0 1 1 12 5Z",
    scale: 0.6,
    isTurned: false,
  },
};

const aliases: Readonly<Record<string, SignName>> = {
  ship: "vessel",
  boat: "vessel",
  drone: "aircraft",
  helicopter: "aircraft",
  car: "vehicle",
  truck: "vehicle",
  train: "bus",
  tram: "bus",
  sensor: "station",
  gauge: "station",
};

/** The sign of a kind. */
export function signOf(kind: string): SignName {
  return signNames.find((name) => name === kind) ?? aliases[kind] ?? "other";
}

export const cellPixels = 64;
const BOX = 24;
/** Beside the sign, for its outline. */
const MARGIN = 4;

/** The picture; to be called in a browser. */
export function drawSigns(): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = cellPixels * signNames.length;
  canvas.height = cellPixels * 2;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("signs: this browser has no 2D canvas");
  context.fillStyle = "#fff";
  context.strokeStyle = "#fff";
  context.lineJoin = "round";
  context.lineWidth = 4;
  const scale = cellPixels / (BOX + 2 * MARGIN);
  for (const [column, name] of signNames.entries()) {
    const path = new Path2D(signs[name].path);
    for (const row of [0, 1]) {
      context.setTransform(scale, 0, 0, scale, column * cellPixels, row * cellPixels);
      context.translate(MARGIN, MARGIN);
      drawSign(context, path, row === 1);
    }
  }
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function drawSign(context: CanvasRenderingContext2D, path: Path2D, hasOutline: boolean): void {
  context.fill(path, "evenodd");
  if (hasOutline) context.stroke(path);
}
