declare module "virtual:ground" {
  /** Coarse, middle, fine. */
  export const groundUrls: readonly [string, string, string];
  export const placeNames: readonly {
    readonly name: string;
    readonly lon: number;
    readonly lat: number;
    readonly size: number;
  }[];
}
