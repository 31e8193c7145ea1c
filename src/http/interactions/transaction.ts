/** https://hl7.org/fhir/R4/http.html#trules: everything or nothing, in one commit; what is only read is read after it. */
import type { ResponseEntry } from '../../fhir/bundle.ts';
import { FhirError, operationOutcome } from '../../fhir/outcome.ts';
import { isId } from '../../fhir/reference.ts';
import { atEntry } from '../../record/at-entry.ts';
import type { Done, Operation } from '../../record/record.ts';
import { adviceIssues, versionUrl } from '../answer.ts';
import { resourceOf } from '../body.ts';
import { type BundleEntry, statusText } from '../bundle-entry.ts';
import type { Call } from '../call.ts';
import { commitAll } from '../commit.ts';
import { conditionOf } from '../condition.ts';
import { createEntryAnswers } from '../entry-answers.ts';
import type { FhirRequest } from '../message.ts';
import { preferOf } from '../negotiate.ts';
import { changeOf } from '../patch-body.ts';
import { etag, expectedVersions, refuseForeignConditions, refuseIfNoneMatch, updateConditions } from '../preconditions.ts';
import { refuseUnknown } from '../query.ts';
import { severalAllowed } from './delete.ts';
import { requireReadable } from './transaction-reads.ts';
import { existingOnly } from './update.ts';

export async function transaction(call: Call, entries: readonly BundleEntry[]): Promise<readonly ResponseEntry[]> {
  const writes = entries.filter(({ request }) => !isRead(request));
  refuseSameUrls(writes);
  const operations: Operation[] = [];
  for (const entry of writes) operations.push(await atEntry(entry.index, () => operationOf(call, entry)));
  const reads = entries.filter(({ request }) => isRead(request));
  await requireReadable(call, reads, writes);
  const done = operations.length === 0 ? [] : await commitNamed(call, operations, writes);
  const answers: ResponseEntry[] = [];
  for (const [place, entry] of writes.entries()) answers[entry.index] = writtenEntry(call.request, done[place] as Done); // one result an operation
  const answerTo = createEntryAnswers(call.dispatch);
  for (const entry of reads) answers[entry.index] = await answerTo(entry);
  return answers;
}

/** A search by POST reads too. */
const isRead = ({ method, path }: FhirRequest): boolean => method === 'GET' || method === 'HEAD' || (method === 'POST' && path.at(-1) === '_search');

/** Two entries by one name: a reference to it could mean either. https://hl7.org/fhir/R4/bundle.html#invs (bdl-7) */
function refuseSameUrls(writes: readonly BundleEntry[]): void {
  const seen = new Map<string, number>();
  for (const { index, fullUrl } of writes) {
    const other = fullUrl === undefined ? undefined : seen.get(fullUrl);
    if (other !== undefined)
      throw new FhirError('bad-request', `The fullUrl ${JSON.stringify(fullUrl?.slice(0, 200))} is that of entry ${other} too; each entry needs its own.`, {
        expression: `Bundle.entry[${index}].fullUrl`,
      });
    if (fullUrl !== undefined) seen.set(fullUrl, index);
  }
}

function operationOf(call: Call, { request, fullUrl }: BundleEntry): Operation {
  const [type = '', id, ...rest] = request.path;
  if (!call.services.registry.isResourceType(type) || rest.length > 0 || (id !== undefined && !isId(id))) throw noOperation(request);
  if (request.method === 'POST' && id === undefined) return createOf(call, request, fullUrl);
  if (id !== undefined) refuseUnknown(request, []);
  if (request.method === 'PUT') return updateOf(call, request, fullUrl);
  refuseForeignConditions(request);
  if (request.method === 'PATCH') return patchOf(call, request, fullUrl);
  if (request.method === 'DELETE') return deleteOf(call, request);
  throw noOperation(request);
}

const noOperation = ({ method, path }: FhirRequest): FhirError =>
  new FhirError(
    'bad-request',
    `${method} ${JSON.stringify(path.join('/').slice(0, 200))} cannot be part of a transaction; allowed: GET, HEAD, POST Type, POST Type/_search, and PUT, PATCH, DELETE of Type/id or Type?criteria.`,
  );

const named = (fullUrl: string | undefined): { fullUrl?: string } => (fullUrl === undefined ? {} : { fullUrl });

function createOf({ services }: Call, request: FhirRequest, fullUrl: string | undefined): Operation {
  const [type = ''] = request.path;
  refuseIfNoneMatch(request);
  refuseUnknown(request, []);
  const criteria = request.headers['if-none-exist'];
  const condition = criteria === undefined ? {} : { ifNoneExist: conditionOf(services, type, criteria, request.base) };
  return { op: 'create', resource: resourceOf(request, type), ...condition, ...named(fullUrl) };
}

function updateOf(call: Call, request: FhirRequest, fullUrl: string | undefined): Operation {
  const { services } = call;
  const [type = '', id] = request.path;
  const resource = resourceOf(request, type);
  const rest = { ...updateConditions(request), ...existingOnly(call), ...named(fullUrl) };
  return id === undefined
    ? { op: 'update-where', condition: conditionOf(services, type, request.query, request.base), resource, ...rest }
    : { op: 'update', id, resource, ...rest };
}

function patchOf({ services }: Call, request: FhirRequest, fullUrl: string | undefined): Operation {
  const [type = '', id] = request.path;
  const rest = { change: changeOf(request, services.registry), ...expectedVersions(request), ...named(fullUrl) };
  return id === undefined
    ? { op: 'patch-where', condition: conditionOf(services, type, request.query, request.base), ...rest }
    : { op: 'patch', type, id, ...rest };
}

function deleteOf(call: Call, request: FhirRequest): Operation {
  const [type = '', id] = request.path;
  return id === undefined
    ? { op: 'delete-where', condition: conditionOf(call.services, type, request.query, request.base), ...severalAllowed(call), ...expectedVersions(request) }
    : { op: 'delete', type, id, ...expectedVersions(request) };
}

/** `record` names operations by their place among the writes; the client knows them by their place in the Bundle. */
async function commitNamed(call: Call, operations: readonly Operation[], writes: readonly BundleEntry[]): Promise<readonly Done[]> {
  if (operations.length === 1) return atEntry(writes[0]?.index, () => commitAll(call, operations));
  try {
    return await commitAll(call, operations);
  } catch (error) {
    throw error instanceof FhirError ? renumbered(error, writes) : error;
  }
}

function renumbered(error: FhirError, writes: readonly BundleEntry[]): FhirError {
  const renumber = (path: string): string =>
    path.replace(/^Bundle\.entry\[(\d+)\]/, (_, place: string) => `Bundle.entry[${writes[Number(place)]?.index ?? place}]`);
  const issues = error.issues.map((issue) => (issue.expression === undefined ? issue : { ...issue, expression: issue.expression.map(renumber) }));
  return new FhirError(error.fault, error.message, { issues, headers: error.headers, cause: error.cause });
}

const STATUS: Readonly<Record<Done['outcome'], number>> = { created: 201, updated: 200, unchanged: 200, existing: 200, deleted: 204, absent: 204 };

/** Advice to a patient is told whatever the client prefers: an entry has no Link header to announce it. */
function writtenEntry(request: FhirRequest, done: Done): ResponseEntry {
  const { version, advice, outcome, issues } = done;
  const status = { status: statusText(STATUS[outcome]) };
  if (version === undefined) return status;
  const { returns } = preferOf(request);
  const tell = returns === 'OperationOutcome' ? [...issues, ...adviceIssues(done)] : adviceIssues(done);
  return {
    ...status,
    ...(outcome === 'deleted' ? {} : { location: versionUrl(request.base, version) }),
    etag: etag(version.version),
    lastModified: version.updated,
    ...(advice.length > 0 || returns === 'OperationOutcome' ? { outcome: JSON.stringify(operationOutcome(tell)) } : {}),
    ...(wantsResource(request) && version.text !== '' ? { resource: version.text } : {}),
  };
}

/** Resources come back only to those who ask: the answer to a large transaction stays small. */
const wantsResource = (request: FhirRequest): boolean => request.headers.prefer?.includes('return=representation') ?? false;
