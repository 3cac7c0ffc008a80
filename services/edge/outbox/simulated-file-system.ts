// A disk that loses power, for tests. Between syncs anything may happen to what was written: each
// sector is there, or not, or torn in the middle, in any order; a longer file shows zeros or an older
// file's bytes where its own never came; each change of the directory is there or not. It runs out
// of space, writes short, and a failed sync drops what it should have written, as Linux does.

import type { FileSystem, OpenFile, OpenMode } from "./file-system.ts";

/** What a file system call fails with. */
export class SimulatedError extends Error {
  override name = "SimulatedError";
  readonly code: string;
  constructor(code: string, call: string, path: string) {
    super(`${code}: ${call} ${path}`);
    this.code = code;
  }
}

export interface SimulatedCall {
  readonly call: "open" | "write" | "truncate" | "sync" | "rename" | "remove" | "syncDirectory";
  readonly path: string;
  readonly bytes: number;
}

/** `short` writes so many bytes only; a code fails the call. */
export type SimulatedFault = { readonly code: string } | { readonly shortBytes: number };

/** Decides what a call meets; undefined for nothing. */
export type CallListener = (call: SimulatedCall) => SimulatedFault | undefined;

export interface SimulatedDisk {
  readonly fileSystem: FileSystem;
  /** What a power cut at this moment would have to work with. Cheap. */
  image(): DiskImage;
  /** Called before each call that changes something. */
  onCall(listener: CallListener | undefined): void;
  /** Space for all files; more fails with ENOSPC. */
  setCapacity(bytes: number): void;
  usedBytes(): number;
}

type Change =
  | { readonly kind: "write"; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly sizeBytes: number };

interface Inode {
  /** As the running process sees it. */
  live: Uint8Array;
  /** As the disk has it; never changed in place. */
  durable: Uint8Array;
  /** Since the last sync, in order. */
  pending: Change[];
}

type NameChange =
  | { readonly kind: "set"; readonly path: string; readonly inode: Inode }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string; readonly inode: Inode };

interface InodeImage {
  readonly durable: Uint8Array;
  readonly pending: readonly Change[];
}

export interface DiskImage {
  readonly names: ReadonlyMap<string, InodeImage>;
  readonly changes: readonly (
    | { readonly kind: "set"; readonly path: string; readonly inode: InodeImage }
    | { readonly kind: "remove"; readonly path: string }
    | { readonly kind: "rename"; from: string; to: string; readonly inode: InodeImage }
  )[];
}

const SECTOR_BYTES = 512;

export function createSimulatedDisk(
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): SimulatedDisk {
  return new Disk(files);
}

class Disk implements SimulatedDisk {
  readonly fileSystem: FileSystem;
  readonly #live = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  #listener: CallListener | undefined;
  #capacityBytes = Infinity;

  constructor(files: ReadonlyMap<string, Uint8Array>) {
    for (const [path, bytes] of files) {
      const inode: Inode = { live: bytes.slice(), durable: bytes, pending: [] };
      this.#live.set(path, inode);
      this.#durableNames.set(path, inode);
    }
    this.fileSystem = {
      makeDirectory: async () => {},
      list: async (directory) => this.#list(directory),
      open: async (path, mode) => this.#open(path, mode),
      rename: async (from, to) => this.#rename(from, to),
      remove: async (path) => this.#remove(path),
      syncDirectory: async (path) => this.#syncDirectory(path),
    };
  }

  image(): DiskImage {
    const images = new Map<Inode, InodeImage>();
    const imageOf = (inode: Inode): InodeImage => {
      const known = images.get(inode) ?? { durable: inode.durable, pending: inode.pending.slice() };
      images.set(inode, known);
      return known;
    };
    return {
      names: new Map([...this.#durableNames].map(([path, inode]) => [path, imageOf(inode)])),
      changes: this.#nameChanges.map((change) =>
        change.kind === "remove" ? change : { ...change, inode: imageOf(change.inode) },
      ),
    };
  }

  onCall(listener: CallListener | undefined): void {
    this.#listener = listener;
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  usedBytes(): number {
    return [...this.#live.values()].reduce((sum, { live }) => sum + live.length, 0);
  }

  #call(call: SimulatedCall["call"], path: string, bytes = 0): { shortBytes: number } | undefined {
    const fault = this.#listener?.({ call, path, bytes });
    if (fault !== undefined && "code" in fault) throw new SimulatedError(fault.code, call, path);
    return fault;
  }

  #inodeAt(call: string, path: string): Inode {
    const inode = this.#live.get(path);
    if (inode === undefined) throw new SimulatedError("ENOENT", call, path);
    return inode;
  }

  #list(directory: string): string[] {
    const prefix = `${directory}/`;
    const paths = [...this.#live.keys()].filter((path) => path.startsWith(prefix));
    return paths.map((path) => path.slice(prefix.length));
  }

  #open(path: string, mode: OpenMode): OpenFile {
    if (mode !== "create") return this.#fileOf(path, this.#inodeAt("open", path));
    this.#call("open", path);
    let inode = this.#live.get(path);
    if (inode === undefined) {
      inode = { live: new Uint8Array(), durable: new Uint8Array(), pending: [] };
      this.#live.set(path, inode);
      this.#nameChanges.push({ kind: "set", path, inode });
    } else truncate(inode, 0);
    return this.#fileOf(path, inode);
  }

  #rename(from: string, to: string): void {
    this.#call("rename", from);
    const inode = this.#inodeAt("rename", from);
    this.#live.delete(from);
    this.#live.set(to, inode);
    this.#nameChanges.push({ kind: "rename", from, to, inode });
  }

  #remove(path: string): void {
    this.#call("remove", path);
    this.#inodeAt("remove", path);
    this.#live.delete(path);
    this.#nameChanges.push({ kind: "remove", path });
  }

  #syncDirectory(path: string): void {
    this.#call("syncDirectory", path);
    this.#durableNames = new Map(this.#live);
    this.#nameChanges = [];
  }

  #fileOf(path: string, inode: Inode): OpenFile {
    return {
      sizeBytes: async () => inode.live.length,
      read: async (into, position) => {
        const bytes = inode.live.subarray(position, position + into.length);
        into.set(bytes);
        return bytes.length;
      },
      write: async (bytes, position) => {
        const fault = this.#call("write", path, bytes.length);
        const growth = Math.max(0, position + bytes.length - inode.live.length);
        const room = Math.max(0, this.#capacityBytes - this.usedBytes());
        let count = Math.min(bytes.length, fault?.shortBytes ?? Infinity);
        if (growth > room) count = Math.min(count, bytes.length - (growth - room));
        if (count <= 0 && bytes.length > 0) throw new SimulatedError("ENOSPC", "write", path);
        // A copy: a Buffer's own slice would share its bytes with the writer.
        write(inode, position, Uint8Array.from(bytes.subarray(0, count)));
        return count;
      },
      truncate: async (sizeBytes) => {
        this.#call("truncate", path);
        truncate(inode, sizeBytes);
      },
      sync: async () => {
        try {
          this.#call("sync", path);
        } catch (error) {
          // The pages are taken for written from here on: a later sync has nothing to do.
          inode.pending = [];
          throw error;
        }
        inode.durable = inode.pending.reduce(apply, inode.durable);
        inode.pending = [];
      },
      close: async () => {},
    };
  }
}

function write(inode: Inode, position: number, bytes: Uint8Array): void {
  const change: Change = { kind: "write", position, bytes };
  inode.live = apply(inode.live, change);
  inode.pending.push(change);
}

function truncate(inode: Inode, sizeBytes: number): void {
  const change: Change = { kind: "truncate", sizeBytes };
  inode.live = apply(inode.live, change);
  inode.pending.push(change);
}

function apply(content: Uint8Array, change: Change): Uint8Array {
  if (change.kind === "truncate") return resized(content, change.sizeBytes);
  const end = change.position + change.bytes.length;
  const next = end > content.length ? resized(content, end) : content.slice();
  next.set(change.bytes, change.position);
  return next;
}

function resized(content: Uint8Array, sizeBytes: number): Uint8Array {
  const next = new Uint8Array(sizeBytes);
  next.set(content.subarray(0, sizeBytes));
  return next;
}

/** The disk after a power cut, as one of the many that it may be. */
export function cutPower(image: DiskImage, random: () => number): SimulatedDisk {
  const names = new Map(image.names);
  const keep = drawKeeping(random);
  for (const change of image.changes) {
    if (!keep()) continue;
    switch (change.kind) {
      case "set":
        names.set(change.path, change.inode);
        break;
      case "remove":
        names.delete(change.path);
        break;
      case "rename":
        names.set(change.to, change.inode);
        if (random() < 0.9) names.delete(change.from);
    }
  }
  const contents = new Map<InodeImage, Uint8Array>();
  const files = new Map<string, Uint8Array>();
  for (const [path, inode] of names) {
    const content = contents.get(inode) ?? survive(inode, random);
    contents.set(inode, content);
    files.set(path, content);
  }
  return createSimulatedDisk(files);
}

/** Nothing, everything, or anything of what was not synced. */
function drawKeeping(random: () => number): () => boolean {
  const share = [0, 0.5, 0.9, 1][Math.floor(random() * 4)] ?? 0;
  return () => random() < share;
}

function survive(inode: InodeImage, random: () => number): Uint8Array {
  const keep = drawKeeping(random);
  let content: Uint8Array = inode.durable.slice();
  for (const change of inode.pending) {
    if (change.kind === "truncate") {
      if (keep()) content = resized(content, change.sizeBytes);
      continue;
    }
    const end = change.position + change.bytes.length;
    for (let at = change.position; at < end;) {
      const sectorEnd = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      if (keep()) content = writeSector(content, change, { from: at, until: sectorEnd, random });
      else if (random() < 0.5) content = grown(content, sectorEnd, random);
      at = sectorEnd;
    }
  }
  return content;
}

function writeSector(
  content: Uint8Array,
  change: Extract<Change, { kind: "write" }>,
  sector: { from: number; until: number; random: () => number },
): Uint8Array {
  const { from, until, random } = sector;
  const next = grown(content, until, random);
  const bytes = change.bytes.subarray(from - change.position, until - change.position);
  const isTorn = random() < 0.15;
  next.set(isTorn ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes, from);
  return next;
}

/** Where a file's own bytes never came there are zeros, or what another file left there. */
function grown(content: Uint8Array, sizeBytes: number, random: () => number): Uint8Array {
  if (sizeBytes <= content.length) return content;
  const next = resized(content, sizeBytes);
  if (random() < 0.5) {
    for (let at = content.length; at < sizeBytes; at++) next[at] = Math.floor(random() * 256);
  }
  return next;
}
