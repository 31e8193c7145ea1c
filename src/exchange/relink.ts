/**
 * References that could not be made local when their resource came, because what they mean came later: made local
 * now. Resources refer to each other in circles, so no order of reading makes this needless.
 */
import { type Resource, refOf } from '../fhir/resource.ts';
import type { Operation } from '../record/record.ts';
import { asResource, resourceOf } from './find.ts';
import { logicalTargets, relink } from './incoming.ts';
import { provenanceOf } from './provenance.ts';
import { KEPT } from './pulled.ts';
import { readRow } from './rows.ts';
import { heldAs } from './store-page.ts';
import { BRIDGE_PERMIT, nowOf, requireSharing, saveState, type Visit } from './visit.ts';

/** Written together. */
const BATCH = 50;

export async function relinkOpen(visit: Visit): Promise<void> {
  const { open } = visit.state;
  const still: string[] = [];
  const changed: { readonly url: string; readonly resource: Resource }[] = [];
  for (const url of open) {
    const result = await relinkOne(visit, url);
    if (result?.changed !== undefined) changed.push({ url, resource: result.changed });
    if (result?.open === true) still.push(url);
  }
  for (let at = 0; at < changed.length; at += BATCH) await writeBatch(visit, changed.slice(at, at + BATCH));
  if (still.length !== open.length) await saveState(visit, { ...visit.state, open: still });
}

async function relinkOne(visit: Visit, url: string): Promise<{ readonly changed?: Resource; readonly open: boolean } | undefined> {
  const row = await readRow(visit.parts.store, 'remote', url);
  const [type = '', id = ''] = row?.local.split('/') ?? [];
  const version = await visit.parts.store.read(type, id);
  if (version === undefined || version.method === 'delete') return undefined;
  const stored = resourceOf<Resource>(version);
  const targets = new Map<string, string>();
  const wanted = logicalTargets(stored).filter((target) => KEPT.has(target.split('/').at(-2) ?? ''));
  for (const target of wanted) {
    const local = await heldAs(visit, target);
    if (local !== undefined) targets.set(target, local);
  }
  const resource = relink(stored, (target) => targets.get(target));
  return { open: targets.size < wanted.length, ...(resource === stored ? {} : { changed: resource }) };
}

async function writeBatch(visit: Visit, batch: readonly { readonly url: string; readonly resource: Resource }[]): Promise<void> {
  await requireSharing(visit);
  const updates = batch.map(({ resource }): Operation => ({ op: 'update', id: resource.id ?? '', resource }));
  const brought = batch.map(({ url, resource }) => ({ local: refOf(resource.resourceType, resource.id ?? ''), from: url }));
  const provenance: Operation = { op: 'create', resource: asResource(provenanceOf(visit.hospital, brought, nowOf(visit))) };
  await visit.parts.record.commit({ operations: [...updates, provenance] }, BRIDGE_PERMIT);
}
