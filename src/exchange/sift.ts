/** Which entries of a page can be taken over at all: of the type asked for, with an id, about the patient asked for. */
import { isId } from '../fhir/reference.ts';
import type { Resource } from '../fhir/resource.ts';
import { ownReference, remoteUrl } from './hospital.ts';
import type { PulledType } from './pulled.ts';
import type { Skipped } from './rows.ts';
import { nowOf, type Visit } from './visit.ts';

export interface Page {
  readonly entries: readonly unknown[];
  /** The hospital's id of the patient. */
  readonly remotePatient: string;
}

/** Drops what is no resource of the type asked for, or of another patient: a server that ignores a parameter answers with more. */
export function sift(visit: Visit, pulled: PulledType, page: Page): { fit: Resource[]; unfit: Skipped[] } {
  const fit = new Map<string, Resource>();
  const unfit: Skipped[] = [];
  for (const entry of page.entries) {
    const why = whyUnfit(visit, pulled, { entry, remotePatient: page.remotePatient });
    if (why !== undefined) unfit.push({ url: nameOf(visit, entry), why, at: nowOf(visit) });
    else if (pulled.wanted(entry as Resource)) keepNewer(fit, entry as Resource); // `whyUnfit` found it to be one
  }
  return { fit: [...fit.values()], unfit };
}

function keepNewer(fit: Map<string, Resource>, resource: Resource): void {
  const id = resource.id ?? '';
  const other = fit.get(id);
  if (other === undefined || (instantOf(resource) ?? 0) >= (instantOf(other) ?? 0)) fit.set(id, resource);
}

function whyUnfit(visit: Visit, { type, patient }: PulledType, { entry, remotePatient }: { entry: unknown; remotePatient: string }): string | undefined {
  if (!isResource(entry)) return 'It is no FHIR resource.';
  if (entry.resourceType !== type) return `It is a ${entry.resourceType}; ${type} was asked for.`;
  if (!isId(String(entry.id ?? ''))) return 'It has no valid id.';
  const subject = entry[patient];
  const text = typeof subject === 'object' && subject !== null && 'reference' in subject ? String(subject.reference) : '';
  const whose = ownReference(visit.hospital, text);
  return whose?.type === 'Patient' && whose.id === remotePatient ? undefined : 'It is not about the patient that was asked for.';
}

const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && 'resourceType' in value && typeof value.resourceType === 'string';

/** As much of its URL as it tells. */
function nameOf(visit: Visit, entry: unknown): string {
  if (!isResource(entry)) return `${visit.hospital.url}: an entry without a resource`;
  return isId(String(entry.id ?? '')) ? urlOf(visit, entry) : `${visit.hospital.url}/${entry.resourceType.slice(0, 64)} without an id`;
}

/** When the hospital last changed it, in ms since the epoch. */
export const instantOf = ({ meta }: Resource): number | undefined => {
  const time = Date.parse(String(meta?.lastUpdated));
  return Number.isNaN(time) ? undefined : time;
};

export const urlOf = ({ hospital }: Visit, resource: Resource): string => remoteUrl(hospital, resource.resourceType, resource.id ?? '');
