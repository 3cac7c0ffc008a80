// Draws one sign: where it is expected now, turned to its heading, faded when it is stale, with a ring
// when it is selected. The rows are those of mover-rows.ts.

export const moverUniforms = {
  name: "mover",
  vs: `\
layout(std140) uniform moverUniforms {
  float nowS;
  float settleS;
  float sizePixels;
  float bearing;
  float columns;
  float opacity;
  vec4 haloColor;
  vec4 ringColor;
} mover;
`,
  fs: `\
layout(std140) uniform moverUniforms {
  float nowS;
  float settleS;
  float sizePixels;
  float bearing;
  float columns;
  float opacity;
  vec4 haloColor;
  vec4 ringColor;
} mover;
`,
  uniformTypes: {
    nowS: "f32",
    settleS: "f32",
    sizePixels: "f32",
    bearing: "f32",
    columns: "f32",
    opacity: "f32",
    haloColor: "vec4<f32>",
    ringColor: "vec4<f32>",
  },
} as const;

export const vertexShader = `\
#version 300 es
#define SHADER_NAME mover-vertex-shader
in vec2 corner;
in vec4 rowPlace;
in vec4 rowDrift;
in vec3 rowSettle;
in float rowHeading;
in vec4 rowColor;
in vec3 rowLook;
out vec2 vCorner;
out vec2 vCell;
out vec4 vColor;
flat out float vRing;

// A selected sign has room for its ring.
const float RING_ROOM = 1.7;

void main(void) {
  float scale = rowLook.y;
  if (scale <= 0.0) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  float age = mover.nowS - rowDrift.z;
  float left = 1.0 - smoothstep(0.0, mover.settleS, mover.nowS - rowSettle.z);
  vec2 moved = rowDrift.xy * clamp(age, 0.0, rowDrift.w) + rowSettle.xy * left;
  vec3 place = vec3(rowPlace.xy, 0.0);
  vec3 rest = vec3(rowPlace.zw, 0.0);
  // Near the ground places are offsets from the map's middle, to which the rest is added; from afar
  // float32 is enough and the rest is not looked at.
  if (project.projectionMode == PROJECTION_MODE_WEB_MERCATOR_AUTO_OFFSET) rest.xy += moved;
  else place.xy += moved;
  geometry.worldPosition = place;
  gl_Position = project_position_to_clipspace(place, rest, vec3(0.0), geometry.position);
  DECKGL_FILTER_GL_POSITION(gl_Position, geometry);

  vRing = rowColor.a > 0.999 ? 1.0 : 0.0;
  vec2 wide = corner * (vRing > 0.5 ? RING_ROOM / scale : 1.0);
  float angle = rowHeading + mover.bearing;
  float c = cos(angle);
  float s = sin(angle);
  vec2 turned = vec2(c * wide.x + s * wide.y, -s * wide.x + c * wide.y);
  vec2 pixels = turned * scale * mover.sizePixels * 0.667;
  gl_Position.xy += project_pixel_size_to_clipspace(pixels);
  vCorner = wide;
  vCell = vec2(rowLook.x, scale);

  float fade = 1.0 - 0.72 * smoothstep(rowLook.z, rowLook.z * 3.0, age);
  vColor = vec4(rowColor.rgb, fade * mover.opacity);
  DECKGL_FILTER_COLOR(vColor, geometry);
}
`;

export const fragmentShader = `\
#version 300 es
#define SHADER_NAME mover-fragment-shader
precision highp float;
uniform sampler2D signs;
in vec2 vCorner;
in vec2 vCell;
in vec4 vColor;
flat in float vRing;
out vec4 fragColor;

void main(void) {
  float sign = 0.0;
  float halo = 0.0;
  if (abs(vCorner.x) <= 1.0 && abs(vCorner.y) <= 1.0) {
    vec2 at = vec2((vCell.x + 0.5 + 0.5 * vCorner.x) / mover.columns, 0.25 - 0.25 * vCorner.y);
    sign = texture(signs, at).a;
    halo = texture(signs, at + vec2(0.0, 0.5)).a;
  }
  vec3 color = mix(mover.haloColor.rgb, vColor.rgb, sign);
  float alpha = max(sign, halo * mover.haloColor.a) * vColor.a;
  if (vRing > 0.5) {
    float far = length(vCorner) * vCell.y;
    float ring = smoothstep(1.22, 1.3, far) * (1.0 - smoothstep(1.42, 1.5, far));
    color = mix(color, mover.ringColor.rgb, ring);
    alpha = max(alpha, ring * mover.ringColor.a);
  }
  if (alpha < 0.01) discard;
  fragColor = vec4(color, alpha);
  DECKGL_FILTER_COLOR(fragColor, geometry);
}
`;
