/** Writes an answer: in one piece with its length where it is short, in large pieces where it is not, packed where asked. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const gzipAsync = promisify(gzip);

/** Below this, packing costs more than it saves. In characters. */
const WORTH_PACKING = 2048;
/** Pieces are joined up to this many characters: a Bundle of everyday size is one write, with its length. */
const CHUNK = 1024 * 1024;

export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Iterable<string>;
}

/** Resolves when all has been handed to the socket. */
export async function send(incoming: IncomingMessage, outgoing: ServerResponse, { status, headers, body }: Outgoing): Promise<void> {
  const whole = typeof body === 'string' || body instanceof Uint8Array ? body : undefined;
  if (whole !== undefined) return sendWhole(incoming, outgoing, { status, headers, body: whole });
  const pieces = chunks(body as Iterable<string>);
  const first = pieces.next();
  const second = pieces.next();
  if (second.done === true) return sendWhole(incoming, outgoing, { status, headers, body: first.value ?? '' });
  if (wantsGzip(incoming)) return sendWhole(incoming, outgoing, { status, headers, body: [first.value, second.value, ...pieces].join('') });
  outgoing.writeHead(status, headers);
  if (incoming.method === 'HEAD') return void outgoing.end();
  await writeAll(outgoing, [first.value ?? '', second.value]);
  await writeAll(outgoing, pieces);
  outgoing.end();
}

interface Whole extends Outgoing {
  readonly body: string | Uint8Array;
}

async function sendWhole(incoming: IncomingMessage, outgoing: ServerResponse, { status, headers, body }: Whole): Promise<void> {
  if (body.length > WORTH_PACKING && headers['Content-Encoding'] === undefined && wantsGzip(incoming)) {
    const packed = await gzipAsync(body, { level: constants.Z_BEST_SPEED });
    return end(incoming, outgoing, { status, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: packed });
  }
  end(incoming, outgoing, { status, headers, body });
}

function end(incoming: IncomingMessage, outgoing: ServerResponse, { status, headers, body }: Whole): void {
  const bodiless = status === 204 || status === 304;
  outgoing.writeHead(status, bodiless ? headers : { ...headers, 'Content-Length': String(Buffer.byteLength(body)) });
  outgoing.end(bodiless || incoming.method === 'HEAD' ? undefined : body);
}

const wantsGzip = (incoming: IncomingMessage): boolean => acceptsGzip(String(incoming.headers['accept-encoding'] ?? ''));

/** Whether a client with that Accept-Encoding takes gzip. */
export const acceptsGzip = (accepted = ''): boolean => /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted);

function* chunks(pieces: Iterable<string>): Generator<string, undefined> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** Waits for a slow reader, so that a large answer does not pile up in memory, and stops for one that went away. */
async function writeAll(outgoing: ServerResponse, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(piece)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
}
