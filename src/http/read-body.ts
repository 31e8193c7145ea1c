/** The body of an HTTP request as text: no longer than allowed, unpacked no larger than allowed, and UTF-8. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { FhirError } from '../fhir/outcome.ts';

const gunzipAsync = promisify(gunzip);

/** Throws FhirError; what the client still sends after that is not read. `limit` in bytes. */
export async function readBody(incoming: IncomingMessage, limit: number): Promise<string> {
  const bytes = await readBytes(incoming, limit);
  if (!isUtf8(bytes)) throw new FhirError('bad-request', 'The body is not UTF-8, which FHIR asks for.');
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** The same, not looked at as text. */
export async function readBytes(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  const length = Number(incoming.headers['content-length'] ?? Number.NaN);
  if (length === 0 || (Number.isNaN(length) && incoming.headers['transfer-encoding'] === undefined)) return Buffer.alloc(0);
  if (length > limit) throw tooLarge(limit);
  return unpacked(await collect(incoming, limit), incoming.headers['content-encoding'], limit);
}

function collect(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) reject(tooLarge(limit));
      else chunks.push(chunk);
    });
    incoming.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const broken = (cause?: Error): void => reject(new FhirError('bad-request', 'The body ended before it was complete.', { cause }));
    // A client that goes away is no fault of ours.
    incoming.on('error', broken);
    // Every request closes; the error, with its stack, is made only for one that broke off.
    incoming.on('close', () => {
      if (!incoming.readableEnded) broken();
    });
  });
}

async function unpacked(bytes: Buffer, encoding: string | undefined, limit: number): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity') return bytes;
  if (encoding !== 'gzip')
    throw new FhirError('unsupported-media-type', `Content-Encoding ${JSON.stringify(encoding.slice(0, 100))} is not read; send gzip, or no encoding.`);
  try {
    return await gunzipAsync(bytes, { maxOutputLength: limit });
  } catch (error) {
    throw isCode(error, 'ERR_BUFFER_TOO_LARGE')
      ? tooLarge(limit)
      : new FhirError('bad-request', 'The body is said to be gzip, but cannot be unpacked.', { cause: error });
  }
}

const isCode = (error: unknown, code: string): boolean => typeof error === 'object' && error !== null && 'code' in error && error.code === code;

const tooLarge = (limit: number): FhirError =>
  new FhirError('too-large', `The body is longer than the ${limit} bytes that are read. Send it in parts; those who run the server can raise MAX_BODY.`, {
    headers: { Connection: 'close' },
  });
