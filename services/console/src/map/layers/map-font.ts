// How text on the map is set: the page's own font, drawn from distances so that it is sharp at any size,
// with a rim that keeps it apart from what is below.

const settings = { sdf: true, fontSize: 40, buffer: 8, radius: 12, smoothing: 0.15 };

export const mapFont = (halo: readonly [number, number, number, number]) =>
  ({
    fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif",
    fontWeight: 600,
    fontSettings: settings,
    outlineWidth: 3,
    outlineColor: [...halo] as [number, number, number, number],
    sizeUnits: "pixels",
    billboard: true,
  }) as const;
