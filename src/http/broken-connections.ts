import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { headersFor, PROBLEM_TYPE, problemText } from "./send-problem";

/** What is under way on a connection on which something came that cannot be read on. */
interface Connection {
  /** Answers that are not sent to their end. */
  readonly open: Set<ServerResponse>;
  last: { readonly request: IncomingMessage; readonly response: ServerResponse } | null;
  /** Null until then. */
  ending: Ending | null;
}

interface Ending {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the trouble is answered by itself, behind the answers that are under way. */
  readonly isTold: boolean;
  isDone: boolean;
}

const CONNECTIONS = new WeakMap<Duplex, Connection>();

function connectionOf(socket: Duplex): Connection {
  const known = CONNECTIONS.get(socket);
  if (known !== undefined) return known;
  const made: Connection = { open: new Set(), last: null, ending: null };
  CONNECTIONS.set(socket, made);
  return made;
}

/** Remembers what is under way, for `endBroken` and `endRefused`. */
export function watchConnections(server: Server): void {
  server.prependListener("request", (request, response) => {
    const { socket } = request;
    const connection = connectionOf(socket);
    connection.open.add(response);
    connection.last = { request, response };
    response.once("close", () => {
      connection.open.delete(response);
      endWhenSent(socket, connection);
    });
  });
}

/**
 * Ends a connection on which something came that is not HTTP, or too late. Every request has one answer, its own: what was begun
 * is done whatever follows, and must not be told as if it were not. So the trouble is answered where it is a request's, or where
 * nothing is under way.
 */
export function endBroken(socket: Duplex, status: number): void {
  const { open, last } = connectionOf(socket);
  const isWithinRequest = last !== null && !last.request.complete;
  if (!isWithinRequest && last?.response.headersSent === false) last.response.setHeader("connection", "close");
  // Nothing is known of the request, not even an id that it may have brought.
  end(socket, { status, headers: headersFor(randomUUID()), isTold: isWithinRequest || open.size === 0 });
}

/** Ends a connection with the answer to a request that Node hands over with it. */
export function endRefused(socket: Duplex, status: number, headers: Ending["headers"]): void {
  end(socket, { status, headers, isTold: true });
}

function end(socket: Duplex, how: Omit<Ending, "isDone">): void {
  const connection = connectionOf(socket);
  // What is behind it is not looked at.
  if (connection.ending !== null) return;
  connection.ending = { ...how, isDone: false };
  endWhenSent(socket, connection);
}

function endWhenSent(socket: Duplex, { open, last, ending }: Connection): void {
  if (ending === null || ending.isDone) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const isWithinRequest = last !== null && !last.request.complete;
  const unanswered = isWithinRequest && !last.response.headersSent ? last.response : null;
  if ([...open].some((response) => response !== unanswered)) return;
  ending.isDone = true;
  // Not left half open: the server would wait for the other end when it closes.
  const close = () => void socket.destroy();
  if (!ending.isTold || (isWithinRequest && unanswered === null)) socket.end(close);
  else socket.end(problemMessage(ending), close);
}

function problemMessage({ status, headers }: Ending): string {
  const body = problemText({ statusCode: status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
