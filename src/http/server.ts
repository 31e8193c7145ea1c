/** The only file that knows express: FHIR under /fhir, health under /health, pages at everything else. */
import { createServer as createHttpServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import express from 'express';
import helmet from 'helmet';
import type { Permit } from '../access/permit.ts';
import { FhirError, type IssueCode, operationOutcome } from '../fhir/outcome.ts';
import type { Reader } from '../store/store.ts';
import { errorAnswer } from './answer.ts';
import { isContent } from './binary.ts';
import type { Dispatch, Dispatched } from './dispatch.ts';
import type { FhirRequest, FhirResponse, PageRequest, Pages } from './message.ts';
import { mediaTypeOf } from './negotiate.ts';
import { readBody, readBytes } from './read-body.ts';
import { readForm } from './read-form.ts';
import { type Outgoing, send } from './send.ts';
import { parseTarget } from './target.ts';

/** What the server serves, once it is there. */
export interface ServerParts {
  readonly dispatch: Dispatch;
  /** Who is asking; undefined where nobody is recognised. */
  readonly authenticate: (headers: IncomingHttpHeaders) => Promise<Permit | undefined> | Permit | undefined;
  readonly readerFor: (permit: Permit) => Reader;
  readonly pages?: Pages;
  /** The FHIR base as clients see it, without a trailing slash. */
  readonly base: string;
  /** Whether the store answers. */
  readonly healthy: () => Promise<boolean>;
}

export interface ServerSettings {
  /** Bytes. */
  readonly maxBody: number;
  /** Host names under which the server may be addressed; undefined: any. */
  readonly hosts?: ReadonlySet<string>;
  readonly events: ServerEvents;
}

/** For the log. No personal data is handed out. */
interface ServerEvents {
  readonly answered: (entry: { readonly id: string; readonly method: string; readonly route: string; readonly status: number; readonly ms: number }) => void;
  /** A fault of ours outside of the dispatcher. */
  readonly failed: (id: string, error: unknown) => void;
}

export interface FhirServer {
  readonly server: Server;
  /** Until it is called, every request is told to come back: the server listens before it knows its own address. */
  readonly open: (parts: ServerParts) => void;
  /** From now on nobody is taken in; resolves when the last request under way has been answered. */
  readonly drain: () => Promise<void>;
}

/** Not listening yet. */
export function createServer(settings: ServerSettings): FhirServer {
  const state: State = { ...settings, parts: undefined, draining: false, served: 0, boot: Date.now().toString(36) };
  const app = express();
  app.disable('x-powered-by');
  app.use('/fhir', (incoming, outgoing) => void serve(state, { incoming, outgoing, headers: FHIR_HEADERS }, () => answerFhir(state, incoming)));
  app.get('/health/live', (incoming, outgoing) => void serve(state, { incoming, outgoing, headers: FHIR_HEADERS }, async () => health(true)));
  app.get('/health/ready', (incoming, outgoing) => void serve(state, { incoming, outgoing, headers: FHIR_HEADERS }, async () => health(await isReady(state))));
  app.use(helmet({ strictTransportSecurity: false }));
  app.use((incoming, outgoing) => void serve(state, { incoming, outgoing, headers: {} }, () => answerPage(state, incoming)));
  const server = createHttpServer(LIMITS, app);
  server.on('clientError', refuseUnreadable);
  return {
    server,
    open: (parts) => {
      state.parts = parts;
    },
    drain: () => drain(server, state),
  };
}

interface State extends ServerSettings {
  parts: ServerParts | undefined;
  draining: boolean;
  served: number;
  /** Tells requests of this run from those of another in the log. */
  readonly boot: string;
}

function partsOf({ parts }: State): ServerParts {
  if (parts === undefined) throw new FhirError('unavailable', 'The server is starting. Ask again in a second.', { headers: { 'Retry-After': '1' } });
  return parts;
}

const isReady = async ({ parts, draining }: State): Promise<boolean> => parts !== undefined && !draining && parts.healthy().catch(() => false);

/** Slow or endless senders are cut off. Milliseconds, bytes. */
const LIMITS = { headersTimeout: 15_000, requestTimeout: 120_000, keepAliveTimeout: 65_000, maxHeaderSize: 64 * 1024 };

/** On every FHIR answer. Nothing of a patient is kept by a cache or shown inside of another page. */
const FHIR_HEADERS = Object.freeze({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  Vary: 'Accept, Accept-Encoding, Authorization, Prefer',
  'X-Content-Type-Options': 'nosniff',
});

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answer {
  readonly response: Outgoing;
  readonly route: string | undefined;
}

/** Never rejects: what goes wrong is answered, or, where that is too late, ends the connection. */
async function serve(state: State, { incoming, outgoing, headers }: Exchange, answer: () => Promise<Answer>): Promise<void> {
  const start = performance.now();
  const id = requestId(state, incoming);
  try {
    const { response, route } = await safely(state, id, answer);
    const ending = state.draining ? { Connection: 'close' } : {};
    await send(incoming, outgoing, { ...response, headers: { ...headers, 'X-Request-Id': id, ...response.headers, ...ending } });
    state.events.answered({ id, method: incoming.method ?? '', route: route ?? 'none', status: response.status, ms: performance.now() - start });
  } catch (error) {
    state.events.failed(id, error);
    outgoing.destroy();
  }
}

async function safely(state: State, id: string, answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof FhirError) return { response: errorAnswer(error), route: undefined };
    state.events.failed(id, error);
    return { response: errorAnswer(new FhirError('internal', `Something went wrong in the server; quote ${id} to those who run it.`)), route: undefined };
  }
}

/** The client's own, where it gives one that may stand in a log. https://hl7.org/fhir/R4/http.html#custom */
function requestId(state: State, { headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  state.served += 1;
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : `${state.boot}-${state.served}`;
}

async function answerFhir(state: State, incoming: IncomingMessage): Promise<Dispatched> {
  const parts = partsOf(state);
  requireHost(state, incoming);
  const permit = await parts.authenticate(incoming.headers);
  // Nothing that is open to all takes a body: strangers cannot make the server gather theirs.
  const type = incoming.headers['content-type'];
  const isBinary = BINARY_TYPES.has(mediaTypeOf(type)) || isContent(parseTarget(incoming.url ?? '').path, type);
  const bytes = permit !== undefined && isBinary ? { bytes: await readBytes(incoming, state.maxBody) } : {};
  const body = permit === undefined || isBinary ? '' : await readBody(incoming, state.maxBody);
  return parts.dispatch({ ...fhirRequest(incoming, body, parts.base), ...bytes }, permit);
}

/** Of bodies that are not text. */
const BINARY_TYPES: ReadonlySet<string> = new Set(['application/gzip', 'application/x-gzip', 'application/tar+gzip', 'application/octet-stream']);

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'] satisfies FhirRequest['method'][];
const ALLOWED = METHODS.join(', ');

function fhirRequest(incoming: IncomingMessage, body: string, base: string): FhirRequest {
  const { method = '' } = incoming;
  if (!METHODS.includes(method)) throw notOffered(method);
  const target = parseTarget(incoming.url ?? '');
  return { method: method as FhirRequest['method'], ...target, headers: singleHeaders(incoming.headers), body, base }; // it is one of METHODS
}

const notOffered = (method: string): FhirError =>
  new FhirError('method-not-allowed', `${method} is not offered; allowed: ${ALLOWED}.`, { headers: { Allow: ALLOWED } });

/** Node joins repeated headers with commas itself; only Set-Cookie, which no client sends, is a list. */
const singleHeaders = (headers: IncomingHttpHeaders): Readonly<Record<string, string | undefined>> => headers as Record<string, string | undefined>;

/**
 * Where everyone on this machine may do everything, so may the browser on it: a page of another site must not get at the
 * server, neither by a name of its own that leads here (DNS rebinding) nor by sending blindly.
 */
function requireHost({ hosts }: State, { headers, method }: IncomingMessage): void {
  if (hosts === undefined) return;
  const name = (headers.host ?? '').replace(/:\d+$/, '');
  if (!hosts.has(name)) throw new FhirError('forbidden', `This server does not go by the name ${JSON.stringify(name.slice(0, 100))}.`);
  if (method !== 'GET' && method !== 'HEAD' && !isOwnSite(headers))
    throw new FhirError('forbidden', 'This was sent from a page of another site, so it was not carried out.');
}

function health(good: boolean): Answer {
  const response = { status: good ? 200 : 503, headers: { 'Content-Type': 'application/json' }, body: `{"status":"${good ? 'up' : 'down'}"}` };
  return { response, route: 'GET /health' };
}

async function answerPage(state: State, incoming: IncomingMessage): Promise<Answer> {
  return { response: await page(state, incoming).catch(refusedPage), route: 'page' };
}

async function page(state: State, incoming: IncomingMessage): Promise<Outgoing> {
  const { authenticate, pages, readerFor } = partsOf(state);
  requireHost(state, incoming);
  const permit = await authenticate(incoming.headers);
  if (permit === undefined) throw new FhirError('unauthenticated', 'Please sign in.');
  if (pages === undefined) throw new FhirError('unknown-route', 'There is no page here. FHIR is at /fhir.');
  return pages(await pageRequest(incoming), { permit, reader: readerFor(permit) });
}

function refusedPage(error: unknown): Outgoing {
  if (error instanceof FhirError) return textAnswer(error.status, error.message);
  throw error;
}

const textAnswer = (status: number, text: string): FhirResponse => ({ status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: `${text}\n` });

async function pageRequest(incoming: IncomingMessage): Promise<PageRequest> {
  const { method = '', headers } = incoming;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') throw new FhirError('method-not-allowed', `${method} is not offered here.`);
  if (method === 'POST' && !isOwnSite(headers)) throw new FhirError('forbidden', 'This form was sent from another site, so it was not carried out.');
  const { path, query } = parseTarget(incoming.url ?? '');
  const sent = method === 'POST' ? await readForm(incoming) : { form: new URLSearchParams(), files: new Map() };
  return { method, path: `/${path.join('/')}`, query, headers: singleHeaders(headers), ...sent };
}

/** Browsers say which site a request comes from; other clients say nothing. https://www.w3.org/TR/fetch-metadata/ */
function isOwnSite({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

const UNREADABLE = { status: '400 Bad Request', code: 'structure', text: 'This is not a readable HTTP request.' } as const;

const UNREADABLE_BY_CODE: ReadonlyMap<string, { readonly status: string; readonly code: IssueCode; readonly text: string }> = new Map([
  [
    'HPE_HEADER_OVERFLOW',
    {
      status: '431 Request Header Fields Too Large',
      code: 'too-long',
      text: 'The URL and headers together are longer than 64 kB. Search by POST to _search instead.',
    },
  ],
  ['ERR_HTTP_REQUEST_TIMEOUT', { status: '408 Request Timeout', code: 'timeout', text: 'The request was not complete in time. Send it again.' }],
]);

/** What never became a request cannot reach a handler: it is answered on the bare socket. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const { status, code, text } = UNREADABLE_BY_CODE.get(error.code ?? '') ?? UNREADABLE;
  const body = JSON.stringify(operationOutcome([{ severity: 'error', code, text }]));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/fhir+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function drain(server: Server, state: State): Promise<void> {
  state.draining = true;
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
