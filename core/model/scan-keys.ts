// The words of a report's JSON as bytes, for the line scanner.

const utf8 = new TextEncoder();
const keyBytes = (key: string): Uint8Array => utf8.encode(key);
export const keys = {
  asset: keyBytes("asset"),
  kind: keyBytes("kind"),
  at: keyBytes("at"),
  position: keyBytes("position"),
  motion: keyBytes("motion"),
  measurements: keyBytes("measurements"),
  attributes: keyBytes("attributes"),
  source: keyBytes("source"),
  historical: keyBytes("historical"),
  seq: keyBytes("seq"),
  lat: keyBytes("lat"),
  lon: keyBytes("lon"),
  altitudeM: keyBytes("altitudeM"),
  accuracyM: keyBytes("accuracyM"),
  onGround: keyBytes("onGround"),
  speedMps: keyBytes("speedMps"),
  headingDeg: keyBytes("headingDeg"),
  climbMps: keyBytes("climbMps"),
  true: keyBytes("true"),
  false: keyBytes("false"),
};
