/** A memory store with the real definitions, and the makers of what goes into it. */
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createRecord, type ProParts, type RecordSettings } from '../../src/record/create-record.ts';
import type { Condition, RecordKeeper } from '../../src/record/record.ts';
import type { Tree } from '../../src/search/ast.ts';
import { createIndexer } from '../../src/search/extract.ts';
import type { Param } from '../../src/search/param.ts';
import { createParams } from '../../src/search/params.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store, Version } from '../../src/store/store.ts';
import { createValidator } from '../../src/validate/create-validator.ts';
import { instrument, policy } from './instrument.ts';

const registry = loadRegistry();
export const params = createParams(registry);
export const indexOf = createIndexer(params);

export function searchParam(type: string, code: string): Param {
  const param = params.find(type, code);
  if (param === undefined) throw new Error(`no search parameter ${type}.${code}`);
  return param;
}

export const memoryStore = (): Store => createMemoryStore({ index: indexOf });

interface At {
  readonly version: number;
  readonly updated: string;
}

export function put(resource: Resource, { version, updated }: At): Version {
  const meta = { versionId: String(version), lastUpdated: updated };
  return {
    type: resource.resourceType,
    id: resource.id ?? '',
    version,
    updated,
    method: version === 1 ? 'create' : 'update',
    text: JSON.stringify({ ...resource, meta }),
  };
}

export const tombstone = (type: string, id: string, { version, updated }: At): Version => ({ type, id, version, updated, method: 'delete', text: '' });

export const validator = createValidator(registry);

export interface TestKeeper extends RecordKeeper {
  readonly store: Store;
  /** What the clock says. */
  readonly now: string;
  setClock(instant: string): void;
  /** Faults of the server's own that the record told of. */
  readonly faults: unknown[];
}

/** Ids are `id-1`, `id-2`, …; the clock stands where it is set. */
export function keeperOver(store: Store, settings: Partial<RecordSettings> = {}, pro: Partial<ProParts> = {}): TestKeeper {
  let last = 0;
  let now = new Date('2026-11-02T08:00:00.000Z');
  const faults: unknown[] = [];
  const record = createRecord({
    store,
    validator,
    index: indexOf,
    clock: () => now,
    ids: () => {
      last += 1;
      return `id-${last}`;
    },
    settings: { references: 'checked', ...settings },
    pro: {
      params,
      instruments: [instrument],
      policy,
      numbers: { emergency: '113', crisis: '116' },
      timeZone: 'UTC',
      onFault: (fault) => faults.push(fault),
      ...pro,
    },
  });
  return {
    ...record,
    store,
    faults,
    get now() {
      return now.toISOString();
    },
    setClock: (instant) => {
      now = new Date(instant);
    },
  };
}

export const parsed = (version: Version | undefined): unknown => (version === undefined ? undefined : JSON.parse(version.text));

export const conditionOf = (type: string, query: string, where: Tree): Condition => ({ type, where, text: `${type}?${query}` });
