/** A small hospital for tests: real HTTP, R4 searches by patient, identifier and _lastUpdated, pages, and faults on demand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Resource } from '../../src/fhir/resource.ts';

/** Answers instead of the hospital; false: lets the hospital answer. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface HospitalServer {
  readonly url: string;
  /** Method and path with query, in order. */
  readonly requests: string[];
  /** Stores or replaces, with a new version and time. */
  put(...resources: Resource[]): void;
  /** As it lies there, version and time included. */
  get(ref: string): Resource | undefined;
  remove(ref: string): void;
  fault: Fault | undefined;
  pageSize: number;
  /** What the next change is stamped with. */
  time: string;
  close(): Promise<void>;
}

export const FHIR_JSON = { 'content-type': 'application/fhir+json' };

/** At a free port, or at one that is known. */
export async function startHospital(port = 0): Promise<HospitalServer> {
  const held = new Map<string, Resource>();
  const hospital = { url: '', requests: [] as string[], fault: undefined as Fault | undefined, pageSize: 100, time: '2026-11-01T08:00:00.000Z' };
  const server = createServer((request, response) => {
    hospital.requests.push(`${request.method} ${request.url}`);
    if (hospital.fault?.(request, response) === true) return;
    answer({ held, ...hospital }, new URL(request.url ?? '', hospital.url), response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  hospital.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
  return Object.assign(hospital, {
    put: (...resources: Resource[]) => {
      for (const resource of resources) {
        const ref = `${resource.resourceType}/${resource.id}`;
        const version = Number(held.get(ref)?.meta?.versionId ?? 0) + 1;
        held.set(ref, { ...resource, meta: { lastUpdated: hospital.time, ...resource.meta, versionId: String(version) } });
      }
    },
    get: (ref: string) => held.get(ref),
    remove: (ref: string) => void held.delete(ref),
    close: () => closeServer(server),
  });
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

interface Answering {
  readonly held: ReadonlyMap<string, Resource>;
  readonly url: string;
  readonly pageSize: number;
}

function answer({ held, url, pageSize }: Answering, asked: URL, response: ServerResponse): void {
  const [type = '', id] = asked.pathname.slice('/fhir/'.length).split('/');
  reply(response, id === undefined ? searched({ held, url, pageSize }, type, asked) : held.get(`${type}/${id}`));
}

function searched({ held, url, pageSize }: Answering, type: string, asked: URL): unknown {
  const found = [...held.values()].filter((resource) => resource.resourceType === type && fits(resource, asked.searchParams));
  const at = Number(asked.searchParams.get('at') ?? 0);
  const next = new URL(asked);
  next.searchParams.set('at', String(at + pageSize));
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    ...(found.length > at + pageSize ? { link: [{ relation: 'next', url: next.href }] } : {}),
    entry: found.slice(at, at + pageSize).map((resource) => ({ fullUrl: `${url}/${type}/${resource.id}`, resource, search: { mode: 'match' } })),
  };
}

function reply(response: ServerResponse, resource: unknown): void {
  if (resource === undefined) response.writeHead(404, FHIR_JSON).end(JSON.stringify({ resourceType: 'OperationOutcome', issue: [] }));
  else response.writeHead(200, FHIR_JSON).end(JSON.stringify(resource));
}

function fits(resource: Resource, asked: URLSearchParams): boolean {
  const updated = asked.get('_lastUpdated');
  const identifier = asked.get('identifier');
  const patient = asked.get('patient');
  const subject = (resource.subject ?? resource.patient) as { reference?: string } | undefined;
  const identifiers = (resource.identifier ?? []) as { system?: string; value?: string }[];
  return (
    (updated === null || String(resource.meta?.lastUpdated) >= updated.slice(2)) &&
    (patient === null || subject?.reference === patient) &&
    (identifier === null || identifiers.some(({ system, value }) => `${system}|${value}` === identifier))
  );
}
