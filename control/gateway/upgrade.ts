import { STATUS_CODES, request as openRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { pipeline, type Duplex } from "node:stream";
import { requestHeaders, responseHeaders } from "./headers.ts";
import type { Copy } from "./table.ts";

const HANDSHAKE_MS_MAX = 10_000;

/**
 * Joins a caller that wants another protocol (WebSocket) with one copy, byte by byte. Resolves when
 * either side has closed; never rejects. A copy that refuses has its answer passed on.
 */
export function passUpgrade(
  caller: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
  copy: Copy,
  requestId: string,
): Promise<"switched" | "refused" | "failed"> {
  const { request, socket, head } = caller;
  return new Promise((resolve) => {
    const up = openRequest({
      agent: false,
      host: copy.host,
      port: copy.port,
      method: request.method,
      path: request.url,
      headers: [
        ...requestHeaders(request, requestId),
        "connection",
        "Upgrade",
        "upgrade",
        request.headers.upgrade ?? "websocket",
      ],
      timeout: HANDSHAKE_MS_MAX,
      setHost: request.headers.host === undefined,
    });
    const fail = () => {
      socket.destroy();
      resolve("failed");
    };
    socket.once("error", () => up.destroy());
    socket.once("close", () => up.destroy());
    up.once("timeout", () => up.destroy(new Error("no answer to the handshake")));
    up.once("error", fail);
    up.once("response", (answer) => {
      // The body goes on without its chunks: its end is the connection's.
      socket.write(answerHead(answer, [...responseHeaders(answer), "connection", "close"]));
      pipeline(answer, socket, () => resolve("refused"));
    });
    up.once("upgrade", (answer, upSocket, upHead) => {
      upSocket.setTimeout(0);
      socket.write(answerHead(answer, answer.rawHeaders));
      if (upHead.length > 0) socket.write(upHead);
      if (head.length > 0) upSocket.write(head);
      upSocket.pipe(socket).pipe(upSocket);
      const end = () => {
        socket.destroy();
        upSocket.destroy();
        resolve("switched");
      };
      for (const side of [socket, upSocket]) side.once("close", end).once("error", end);
    });
    up.end();
  });
}

function answerHead(answer: IncomingMessage, pairs: readonly string[]): string {
  const status = answer.statusCode ?? 502;
  const lines = [`HTTP/1.1 ${status} ${answer.statusMessage ?? STATUS_CODES[status] ?? ""}`];
  for (let at = 0; at + 1 < pairs.length; at += 2) lines.push(`${pairs[at]}: ${pairs[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
