/** Where a resource came from, and whether what came from there may be shown. */
import type { FhirResource } from 'fhir/r4';
import { codeSystem } from '../fhir/names.ts';
import { refOf } from '../fhir/resource.ts';
import { type Category, PULLED } from './pulled.ts';
import type { BridgeStatus, HospitalStatus } from './status.ts';
import type { Source } from './timeline.ts';
import { maybe } from './wording.ts';

export interface Sources {
  /** False for what came from a hospital whose record may not be shown now: no consent, no confirmed link. */
  isVisible(resource: FhirResource): boolean;
  /** Reference, source and resource: what every entry of the timeline has. */
  entry<T extends FhirResource>(resource: T): { readonly ref: string; readonly source: Source; readonly resource: T };
}

export function createSources(status: BridgeStatus): Sources {
  const hospitals = new Map(status.hospitals.map((hospital) => [hospital.name, hospital]));
  return {
    isVisible: (resource) => {
      const name = hospitalOf(resource);
      return name === undefined || hospitals.get(name)?.visible === true;
    },
    entry: (resource) => ({ ref: refOf(resource.resourceType, resource.id ?? ''), source: sourceOf(resource, hospitals), resource }),
  };
}

/** The name in the tag that the bridge sets. */
const hospitalOf = ({ meta }: FhirResource): string | undefined => meta?.tag?.find(({ system }) => system === codeSystem('source'))?.code;

function sourceOf(resource: FhirResource, hospitals: ReadonlyMap<string, HospitalStatus>): Source {
  const stored = resource.meta?.lastUpdated ?? '';
  const hospital = hospitalOf(resource);
  const seen = hospital === undefined ? undefined : lastSeen(resource.resourceType, hospitals.get(hospital));
  const fetched = seen !== undefined && seen > stored ? seen : stored;
  return { fetched, ...maybe('hospital', hospital), ...(hospital === undefined ? {} : maybe('url', resource.meta?.source)) };
}

/** When everything of its category was last read. */
function lastSeen(type: string, hospital: HospitalStatus | undefined): string | undefined {
  const category: Category = PULLED.find((pulled) => pulled.type === type)?.category ?? 'history';
  const state = hospital?.categories[category];
  return state !== undefined && 'fetched' in state ? state.fetched : undefined;
}
