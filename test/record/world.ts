/** A memory store with the real definitions, and the makers of what goes into it. */
import { loadRegistry } from '../../src/definitions/load.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createRecord, type RecordSettings } from '../../src/record/create-record.ts';
import type { Condition, RecordKeeper } from '../../src/record/record.ts';
import type { Tree } from '../../src/search/ast.ts';
import { createIndexer } from '../../src/search/extract.ts';
import type { Param } from '../../src/search/param.ts';
import { createParams } from '../../src/search/params.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Store, Version } from '../../src/store/store.ts';
import { createValidator } from '../../src/validate/create-validator.ts';

export const registry = loadRegistry();
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

const validator = createValidator(registry);

export interface TestKeeper extends RecordKeeper {
  readonly store: Store;
  /** What the clock says. */
  readonly now: string;
}

/** Ids are `id-1`, `id-2`, …; the clock stands still. */
export function keeperOver(store: Store, settings: Partial<RecordSettings> = {}): TestKeeper {
  let last = 0;
  const now = new Date('2026-11-02T08:00:00.000Z');
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
  });
  return { ...record, store, now: now.toISOString() };
}

export const parsed = (version: Version | undefined): unknown => (version === undefined ? undefined : JSON.parse(version.text));

export const conditionOf = (type: string, query: string, where: Tree): Condition => ({ type, where, text: `${type}?${query}` });
