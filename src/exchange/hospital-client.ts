/**
 * Asks a hospital's FHIR server, through fhir-kit-client: the only file that knows it. The kit's requests leave
 * through a channel of the egress, and what is used of an answer is the channel's text, read by our own JSON reader:
 * it bounds the depth and keeps decimals as the hospital wrote them, which the kit's own does not.
 */
import { Client } from 'fhir-kit-client';
import { type Channel, type Egress, EgressRefusal } from '../egress/egress.ts';
import { parseResource } from '../fhir/json.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { type FaultReason, type Hospital, type HospitalClient, HospitalFault, type RemotePage } from './hospital.ts';

/** A page larger than this is cut by most servers anyway. */
const PAGE_SIZE = 100;

/** `stopped` ends what is under way when the bridge stops. */
export function createHospitalClient(hospital: Hospital, egress: Egress, stopped: AbortSignal): HospitalClient {
  const kit = new Client({ baseUrl: hospital.url, ...(hospital.token === undefined ? {} : { bearerToken: hospital.token }) });
  const ask = (send: Send): Promise<Resource> => askTwice(egress, stopped, send);
  return {
    search: async (resourceType, parameters) => {
      const searchParams = { ...parameters, _count: PAGE_SIZE };
      return pageOf(hospital, await ask((options) => kit.resourceSearch({ resourceType, searchParams, options })));
    },
    follow: async (next) => pageOf(hospital, await ask((options) => kit.request(next, { options }))),
    read: async (resourceType, id) => {
      const found = await ask((options) => kit.read({ resourceType, id, options })).catch(nothing);
      if (found !== undefined && (found.resourceType !== resourceType || found.id !== id))
        throw nonsense(`${resourceType}/${id} is answered with something else.`);
      return found;
    },
  };
}

type Options = NonNullable<Parameters<Client['request']>[1]>['options'];
type Send = (options: Options & {}) => Promise<unknown>;

function nothing(fault: unknown): undefined {
  if (fault instanceof HospitalFault && (fault.status === 404 || fault.status === 410)) return undefined;
  throw fault;
}

/** A kept connection may be closed at the moment it is used again: that alone is no outage. */
async function askTwice(egress: Egress, stopped: AbortSignal, send: Send): Promise<Resource> {
  try {
    return await askOnce(egress.open(), stopped, send);
  } catch (fault) {
    if (!(fault instanceof HospitalFault) || fault.reason !== 'unreachable') throw fault;
    return askOnce(egress.open(), stopped, send);
  }
}

async function askOnce(channel: Channel, stopped: AbortSignal, send: Send): Promise<Resource> {
  try {
    await send({ dispatcher: channel.dispatcher, signal: stopped } as unknown as Options & {}); // a fetch of Node's takes a dispatcher; the two copies of undici's types differ
  } catch (error) {
    throw faultOf(error, channel, stopped);
  }
  return readBody(channel.body());
}

function readBody(text: string): Resource {
  try {
    return parseResource(text);
  } catch (error) {
    throw nonsense(error instanceof FhirError ? error.message : 'The answer cannot be read.');
  }
}

const nonsense = (text: string): HospitalFault => new HospitalFault('nonsense', text);

const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

function faultOf(error: unknown, channel: Channel, stopped: AbortSignal): HospitalFault {
  if (stopped.aborted) return new HospitalFault('stopped', 'The pull was stopped.');
  const failure = channel.failure();
  if (failure instanceof EgressRefusal) return new HospitalFault(failure.reason === 'too-slow' ? 'too-slow' : 'nonsense', failure.message);
  if (!channel.isComplete()) return faultOfConnection(channel, failure ?? error);
  const status = statusOf(error);
  if (status === undefined || status < 300) return faultOfText(channel.body());
  return new HospitalFault(reasonOf(status), `The hospital answered with status ${status}.`, status);
}

const reasonOf = (status: number): FaultReason => (status === 401 || status === 403 ? 'refused' : BUSY.has(status) ? 'busy' : 'failed');

/** The kit could not read it; our reader says where it breaks. */
function faultOfText(text: string): HospitalFault {
  try {
    readBody(text);
  } catch (fault) {
    if (fault instanceof HospitalFault) return fault;
  }
  return nonsense('The answer cannot be read.');
}

function faultOfConnection(channel: Channel, failure: unknown): HospitalFault {
  const code = codeOf(failure);
  if (/TIMEOUT/.test(code)) return new HospitalFault('too-slow', 'The hospital did not answer in time.');
  const what = channel.body() === '' ? 'The hospital cannot be reached' : 'The answer broke off';
  return new HospitalFault('unreachable', `${what}${code === '' ? '' : ` (${code})`}.`);
}

/** Of the error that fhir-kit-client throws for an answer: `error.response.status`. */
function statusOf(error: unknown): number | undefined {
  const response = error instanceof Error && 'response' in error ? error.response : undefined;
  const status = typeof response === 'object' && response !== null && 'status' in response ? response.status : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** Of the network's error: ECONNREFUSED, UND_ERR_CONNECT_TIMEOUT … */
function codeOf(failure: unknown): string {
  const code = typeof failure === 'object' && failure !== null && 'code' in failure ? failure.code : undefined;
  return typeof code === 'string' ? code : '';
}

interface BundleEntry {
  readonly resource?: unknown;
  readonly search?: { readonly mode?: unknown };
}

/** https://hl7.org/fhir/R4/search.html#searchset */
function pageOf(hospital: Hospital, bundle: Resource): RemotePage {
  if (bundle.resourceType !== 'Bundle') throw nonsense(`A search is answered with a ${bundle.resourceType}; a Bundle is expected.`);
  const resources = listOf<BundleEntry>(bundle.entry, 'entry')
    .filter(({ search }) => search?.mode !== 'outcome')
    .map(({ resource }) => resource)
    .filter((resource) => !isOutcome(resource));
  return { resources, next: nextOf(hospital, bundle) };
}

function listOf<T>(value: unknown, name: string): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'object' || item === null)) throw nonsense(`Bundle.${name} is no list of objects.`);
  return value as readonly T[]; // objects, and every field of T is read as unknown
}

const isOutcome = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'resourceType' in value && value.resourceType === 'OperationOutcome';

function nextOf(hospital: Hospital, bundle: Resource): string | undefined {
  const link = listOf<{ readonly relation?: unknown; readonly url?: unknown }>(bundle.link, 'link').find(({ relation }) => relation === 'next');
  if (link === undefined) return undefined;
  const url = typeof link.url === 'string' ? URL.parse(link.url, `${hospital.url}/`) : null;
  if (url === null || url.origin !== new URL(hospital.url).origin || url.username !== '') {
    throw nonsense('The link to the next page leads to another server; it is not followed.');
  }
  return url.href;
}
