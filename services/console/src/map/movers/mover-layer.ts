// The layer of movers: one buffer on the graphics card that is written in place, one draw call. It is
// made once and lives as long as the map.

import { Layer, project32 } from "@deck.gl/core";
import type { LayerProps } from "@deck.gl/core";
import { Buffer } from "@luma.gl/core";
import type { Texture } from "@luma.gl/core";
import { Geometry, Model } from "@luma.gl/engine";
import { rowBytes, settleSeconds } from "./mover-rows.ts";
import type { MoverRows } from "./mover-rows.ts";
import { fragmentShader, moverUniforms, vertexShader } from "./mover-shader.ts";
import { drawSigns, signNames } from "./signs.ts";

/** What a frame is drawn with; read at each draw, so that a change costs nothing. */
export interface MoverFrame {
  nowMs: number;
  sizePixels: number;
  bearingDeg: number;
  opacity: number;
  haloColor: readonly [number, number, number, number];
  ringColor: readonly [number, number, number, number];
}

interface OwnProps {
  readonly rows: MoverRows;
  readonly frame: MoverFrame;
}
interface State {
  [name: string]: unknown;
  model: Model;
  texture: Texture;
  buffer: Buffer;
}

/** Rows changed here and there are written one by one up to so many; beyond, from first to last. */
const WRITES_MAX = 256;

export class MoverLayer extends Layer<OwnProps & LayerProps> {
  static override layerName = "MoverLayer";
  static override defaultProps = {};
  declare state: State;

  override getShaders() {
    const modules = [project32, moverUniforms];
    return super.getShaders({ vs: vertexShader, fs: fragmentShader, modules });
  }

  override initializeState(): void {
    const { device } = this.context;
    const picture = drawSigns();
    const texture = device.createTexture({
      width: picture.width,
      height: picture.height,
      data: picture.data,
      sampler: { minFilter: "linear", magFilter: "linear" },
    });
    const buffer = this.#bufferOf(this.props.rows);
    const corners = new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]);
    const model = new Model(device, {
      ...this.getShaders(),
      id: this.props.id,
      geometry: new Geometry({
        topology: "triangle-strip",
        attributes: { corner: { size: 2, value: corners } },
      }),
      bufferLayout: [
        {
          name: "rows",
          stepMode: "instance",
          byteStride: rowBytes,
          attributes: [
            { attribute: "rowPlace", format: "float32x4", byteOffset: 0 },
            { attribute: "rowDrift", format: "float32x4", byteOffset: 16 },
            { attribute: "rowSettle", format: "float32x3", byteOffset: 32 },
            { attribute: "rowHeading", format: "float32", byteOffset: 44 },
            { attribute: "rowColor", format: "unorm8x4", byteOffset: 48 },
            { attribute: "rowLook", format: "float32x3", byteOffset: 52 },
          ],
        },
      ],
      attributes: { rows: buffer },
      bindings: { signs: texture },
      isInstanced: true,
      instanceCount: 0,
    });
    this.setState({ model, texture, buffer });
  }

  /** Sends the rows of these slots to the card; all of them when it has no room. */
  send(slots: Uint32Array): void {
    const { rows } = this.props;
    if (this.state?.model === undefined) return;
    if (this.state.buffer.byteLength < rows.bytes.byteLength) {
      this.state.buffer.destroy();
      this.state.buffer = this.#bufferOf(rows);
      this.state.model.setAttributes({ rows: this.state.buffer });
    } else if (slots.length <= WRITES_MAX) {
      for (const slot of slots) this.#write(slot, slot + 1);
    } else {
      let first = rows.count;
      let last = 0;
      for (const slot of slots) {
        first = Math.min(first, slot);
        last = Math.max(last, slot);
      }
      this.#write(first, Math.min(rows.count, last + 1));
    }
    this.setNeedsRedraw();
  }

  override draw(): void {
    const { rows, frame } = this.props;
    if (rows.count === 0 || frame.opacity === 0) return;
    const { model } = this.state;
    model.setInstanceCount(rows.count);
    model.shaderInputs.setProps({
      mover: {
        nowS: (frame.nowMs - rows.baseMs) / 1000,
        settleS: settleSeconds,
        sizePixels: frame.sizePixels,
        bearing: (-frame.bearingDeg * Math.PI) / 180,
        columns: signNames.length,
        opacity: frame.opacity,
        haloColor: frame.haloColor,
        ringColor: frame.ringColor,
      },
    });
    model.draw(this.context.renderPass);
  }

  override finalizeState(context: Parameters<Layer["finalizeState"]>[0]): void {
    super.finalizeState(context);
    this.state.model.destroy();
    this.state.buffer.destroy();
    this.state.texture.destroy();
  }

  #bufferOf(rows: MoverRows): Buffer {
    const usage = Buffer.VERTEX | Buffer.COPY_DST;
    return this.context.device.createBuffer({ data: new Uint8Array(rows.bytes), usage });
  }

  #write(first: number, end: number): void {
    if (end <= first) return;
    const from = first * rowBytes;
    const length = (end - first) * rowBytes;
    this.state.buffer.write(new Uint8Array(this.props.rows.bytes, from, length), from);
  }
}
