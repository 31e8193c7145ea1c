/** A primary-care centre for tests: the real store, record and bridge, and a clock that stands still until it is moved. */

import { randomUUID } from 'node:crypto';
import type { FhirResource } from 'fhir/r4';
import { everythingAs } from '../../src/access/permit.ts';
import { loadRegistry } from '../../src/definitions/load.ts';
import { createEgress, type EgressPolicy } from '../../src/egress/egress.ts';
import { createFind } from '../../src/exchange/find.ts';
import type { Hospital } from '../../src/exchange/hospital.ts';
import { type Bridge, createBridge } from '../../src/exchange/pull.ts';
import type { BridgeParts } from '../../src/exchange/visit.ts';
import { codeSystem } from '../../src/fhir/names.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createRecord } from '../../src/record/create-record.ts';
import { ALL } from '../../src/search/ast.ts';
import { createIndexer } from '../../src/search/extract.ts';
import { createParams } from '../../src/search/params.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store } from '../../src/store/store.ts';
import { createValidator } from '../../src/validate/create-validator.ts';

const registry = loadRegistry();
export const params = createParams(registry);
const validator = createValidator(registry);
const find = createFind(params);

export interface Centre {
  readonly store: Store;
  readonly parts: BridgeParts;
  readonly bridge: Bridge;
  now: Date;
  /** What was logged as warning or error. */
  readonly log: string[];
  put(...resources: FhirResource[]): Promise<void>;
  all<T extends FhirResource['resourceType']>(type: T): Promise<readonly Extract<FhirResource, { resourceType: T }>[]>;
  /** A bridge of its own, as after a restart. */
  restarted(change?: Partial<BridgeParts>): Bridge;
  close(): Promise<void>;
}

export function openCentre(hospitals: readonly Hospital[], policy: Partial<EgressPolicy> = {}): Centre {
  const index = createIndexer(params);
  const store = createMemoryStore({ index });
  const centre = { now: new Date('2026-11-22T10:00:00.000Z') };
  const clock = (): Date => centre.now;
  const record = createRecord({ store, validator, index, clock, ids: randomUUID, settings: { references: 'checked' } });
  const egress = createEgress({ origins: hospitals.map(({ url }) => new URL(url).origin), ...policy });
  const log: string[] = [];
  const note = (fields: { readonly err?: unknown }, text: string): void => void log.push(fields.err === undefined ? text : `${text}: ${fields.err}`);
  const parts: BridgeParts = { store, record, egress, hospitals, params, clock, ids: randomUUID, log: { info: () => undefined, warn: note, error: note } };
  const bridges: Bridge[] = [];
  const restarted = (change: Partial<BridgeParts> = {}): Bridge => {
    const bridge = createBridge({ ...parts, ...change });
    bridges.push(bridge);
    return bridge;
  };
  return Object.assign(centre, {
    store,
    parts,
    bridge: restarted(),
    log,
    restarted,
    put: async (...resources: FhirResource[]) => {
      const operations = resources.map((resource) => ({ op: 'update' as const, id: resource.id ?? '', resource: resource as unknown as Resource }));
      await record.commit({ operations }, everythingAs('test'));
    },
    all: async <T extends FhirResource['resourceType']>(type: T) => (await find.list(store, { type, where: [ALL], limit: 1000 })).resources,
    close: async () => {
      await Promise.all(bridges.map((bridge) => bridge.stop()));
      await egress.close();
      await store.close();
    },
  });
}

const NATIONAL_ID = 'urn:pro-bridge:demo:national-id';
export const KARI = { identifier: [{ system: NATIONAL_ID, value: '17' }], name: [{ family: 'Nordmann', given: ['Kari'] }], birthDate: '1958-03-04' };

const category = (system: string, code: string) => [{ coding: [{ system: codeSystem(system), code }] }];

/** The patient as the centre has her: registered, enrolled, and consenting. */
export function enrolled(id: string, person: object = KARI): FhirResource[] {
  return [{ resourceType: 'Patient', id, ...person }, plan(id), consent(id)];
}

const plan = (id: string): FhirResource => ({
  resourceType: 'CarePlan',
  id: `plan-${id}`,
  status: 'active',
  intent: 'plan',
  category: category('care-plan', 'symptom-monitoring'),
  subject: { reference: `Patient/${id}` },
});

export const consent = (id: string, change: object = {}): FhirResource => ({
  resourceType: 'Consent',
  id: `consent-${id}`,
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: category('consent', 'share-hospital-record'),
  patient: { reference: `Patient/${id}` },
  policyRule: { text: 'Sharing of the hospital record' },
  provision: { type: 'permit' },
  ...change,
});
