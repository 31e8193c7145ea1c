/**
 * The one way out: every outbound request passes through a dispatcher made here. It speaks http and https only,
 * reaches configured origins wherever they are and anything else only at public addresses (the address that was
 * checked is the one connected to), follows no redirect, and bounds time, size and content type of each answer.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { isPublicAddress } from './address.ts';

export interface EgressPolicy {
  /** Origins (`https://hospital.example:8443`) that an administrator configured: compared whole, never by their beginning. */
  readonly origins: readonly string[];
  /** Until a connection stands, in ms. */
  readonly connectMs?: number;
  /** For one answer from the request's start to its last byte, in ms. */
  readonly totalMs?: number;
  /** Of one answer's body. */
  readonly maxBytes?: number;
  /** Media types that a successful answer may have; compared without parameters. */
  readonly contentTypes?: readonly string[];
  /** Finds the addresses of a name; the system's resolver unless a test says otherwise. */
  readonly lookup?: LookupFunction;
}

export type RefusalReason = 'address' | 'scheme' | 'redirect' | 'too-large' | 'too-slow' | 'content-type' | 'encoding';

/** A request or an answer that the policy does not let through. */
export class EgressRefusal extends Error {
  override readonly name = 'EgressRefusal';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, text: string) {
    super(text);
    this.reason = reason;
  }
}

/** For one request: give `dispatcher` to the fetch, then ask for the answer's body as it came. */
export interface Channel {
  readonly dispatcher: Dispatcher;
  /** The bytes of the answer so far, as UTF-8 text. */
  body(): string;
  /** The answer has come to its end. */
  isComplete(): boolean;
  /** Why the request failed, an EgressRefusal where the policy ended it: a fetch hides it behind an error of its own. */
  failure(): Error | undefined;
}

interface Seen {
  chunks: Buffer[];
  size: number;
  complete: boolean;
  failure: Error | undefined;
}

export interface Egress {
  open(): Channel;
  close(): Promise<void>;
}

const DEFAULTS = {
  connectMs: 5_000,
  totalMs: 30_000,
  maxBytes: 16 * 1024 * 1024,
  contentTypes: ['application/fhir+json', 'application/json', 'application/json+fhir'],
  lookup: systemLookup as LookupFunction, // the same function; only its list of overloads is typed otherwise
};

type Rules = Required<EgressPolicy>;

/** Throws where a configured origin is not one: a path, credentials or another scheme. */
export function createEgress(policy: EgressPolicy): Egress {
  const rules: Rules = { ...DEFAULTS, ...policy };
  const trusted = new Set(rules.origins.map(originOf));
  const agent = new Agent({ connections: 4, connect: connectorFor(rules, trusted), headersTimeout: rules.totalMs, bodyTimeout: rules.totalMs });
  return {
    open: () => openChannel(agent, rules),
    close: () => agent.close(),
  };
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== text.replace(/\/$/, ''))
    throw new Error(`"${text}" is not an origin; one looks like https://hospital.example or http://127.0.0.1:8081.`);
  return url.origin;
}

function connectorFor(rules: Rules, trusted: ReadonlySet<string>): buildConnector.connector {
  const anywhere = buildConnector({ timeout: rules.connectMs, lookup: rules.lookup });
  const publicOnly = buildConnector({ timeout: rules.connectMs, lookup: publicLookup(rules.lookup) });
  return (options, callback) => {
    const { protocol, hostname, host = hostname, port } = options;
    if (trusted.has(originOfConnection(protocol, host, port))) return anywhere(options, callback);
    const literal = hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !isPublicAddress(literal)) return callback(refusedAddress(hostname, literal), null);
    return publicOnly(options, callback);
  };
}

const originOfConnection = (protocol: string, host: string, port: string): string =>
  URL.parse(`${protocol}//${/:\d+$/.test(host) || port === '' ? host : `${host}:${port}`}`)?.origin ?? '';

/** Answers with public addresses only; what it answers is what the socket connects to, so a second look-up cannot differ. */
function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = listed(found);
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      const fault = error ?? (refused === undefined ? null : refusedAddress(hostname, refused.address));
      if (options.all === true) return callback(fault, addresses);
      callback(fault, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}

/** One answer or all of them, whichever the resolver gave; nothing beside an error. */
function listed(found: string | LookupAddress[] | undefined): LookupAddress[] {
  if (typeof found === 'string') return [{ address: found, family: isIP(found) }];
  return found ?? [];
}

const refusedAddress = (hostname: string, address: string): EgressRefusal =>
  new EgressRefusal('address', `${hostname} is at ${address}, which is not a public address; only a configured origin may be reached there.`);

function openChannel(agent: Agent, rules: Rules): Channel {
  const seen: Seen = { chunks: [], size: 0, complete: false, failure: undefined };
  const dispatcher = agent.compose((dispatch) => (options, handler) => {
    if (!/^https?:/.test(String(options.origin))) throw new EgressRefusal('scheme', `${options.origin} is neither http nor https.`);
    return dispatch({ ...options, headers: unencoded(options.headers) }, guarded(handler, rules, seen));
  });
  return {
    dispatcher,
    body: () => Buffer.concat(seen.chunks).toString('utf8'),
    isComplete: () => seen.complete,
    failure: () => seen.failure,
  };
}

/** Asks for the body as it is: a compressed one could unfold to any size. */
function unencoded(headers: Dispatcher.DispatchOptions['headers']): Record<string, string> {
  const own = Object.entries((headers ?? {}) as Record<string, string>); // fetch passes an object of names and values
  return { ...Object.fromEntries(own.filter(([name]) => name.toLowerCase() !== 'accept-encoding')), 'accept-encoding': 'identity' };
}

/**
 * The handler of one answer, with the policy between it and the wire. A body that grows too large is refused a moment
 * later than it is noticed: a fetch whose body fails in the same tick as its head arrives never settles.
 */
function guarded(handler: Dispatcher.DispatchHandler, rules: Rules, seen: Seen): Dispatcher.DispatchHandler {
  let timer: NodeJS.Timeout | undefined;
  const fail: NonNullable<Dispatcher.DispatchHandler['onResponseError']> = (controller, error) => {
    clearTimeout(timer);
    seen.failure = error;
    handler.onResponseError?.(controller, error);
  };
  return {
    onRequestStart: (controller, context) => {
      timer = setTimeout(() => controller.abort(tooSlow(rules)), rules.totalMs);
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade: (controller) => controller.abort(new EgressRefusal('redirect', 'The answer asks for another protocol.')),
    onResponseStart: (controller, status, headers, message) => {
      const fault = faultOfHead(status, headers, rules);
      if (fault !== undefined) return controller.abort(fault);
      handler.onResponseStart?.(controller, status, headers, message);
    },
    onResponseData: (controller, chunk) => {
      seen.size += chunk.length;
      if (seen.size > rules.maxBytes) return void setImmediate(() => controller.abort(tooLarge(rules)));
      seen.chunks.push(chunk);
      handler.onResponseData?.(controller, chunk);
    },
    onResponseEnd: (controller, trailers) => {
      clearTimeout(timer);
      if (seen.size > rules.maxBytes) return void setImmediate(() => fail(controller, tooLarge(rules)));
      seen.complete = true;
      handler.onResponseEnd?.(controller, trailers);
    },
    onResponseError: fail,
  };
}

const tooSlow = ({ totalMs }: Rules): EgressRefusal => new EgressRefusal('too-slow', `The answer was not complete within ${totalMs / 1000} s.`);
const tooLarge = ({ maxBytes }: Rules): EgressRefusal => new EgressRefusal('too-large', `The answer is larger than the ${maxBytes} bytes that are read.`);

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function faultOfHead(status: number, headers: Headers, rules: Rules): EgressRefusal | undefined {
  if (status >= 300 && status < 400)
    return new EgressRefusal('redirect', `The answer (status ${status}) sends on to ${single(headers, 'location')}; redirects are not followed.`);
  const encoding = single(headers, 'content-encoding');
  if (encoding !== '' && encoding !== 'identity') return new EgressRefusal('encoding', `The answer is encoded (${encoding}) though plain text was asked for.`);
  if (Number(single(headers, 'content-length')) > rules.maxBytes) return tooLarge(rules);
  const type = (single(headers, 'content-type').split(';')[0] ?? '').trim().toLowerCase();
  if (status < 300 && status !== 204 && !rules.contentTypes.includes(type))
    return new EgressRefusal('content-type', `The answer is ${type === '' ? 'of no stated type' : type}; ${rules.contentTypes[0]} is expected.`);
  return undefined;
}

const single = (headers: Headers, name: string): string => [headers[name] ?? ''].flat()[0] ?? '';
